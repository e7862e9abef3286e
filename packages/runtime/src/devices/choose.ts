import { type Availability, availability, suitable } from './availability.js'
import type { Device, DeviceName } from './names.js'

export interface Choice<Name extends Device> {
  readonly device: Name
  readonly found: Availability
  /** The devices that come first and why each was not taken. */
  readonly passedOver: readonly { device: Device; because: string }[]
}

/**
 * A device that can be had: the one named, or with `auto` the first of `automatic`.
 *
 * @param known the devices to choose from
 * @throws Error when there is no such device, or it cannot be had on this machine; says what is missing and what to do.
 */
export function chooseDevice<Name extends Device>(
  name: DeviceName,
  known: readonly Name[],
  automatic: readonly Name[],
): Choice<Name> {
  const isKnown = (name: DeviceName): name is Name => (known as readonly DeviceName[]).includes(name)
  if (name !== 'auto' && !isKnown(name)) {
    throw new Error(`There is no device '${String(name)}': use one of auto, ${known.join(', ')}.`)
  }
  const passedOver: { device: Device; because: string }[] = []
  for (const device of name === 'auto' ? automatic : [name]) {
    const found = name === 'auto' ? suitable(device) : availability(device)
    if (found.available) return { device, found, passedOver }
    passedOver.push({ device, because: found.missing as string })
  }
  throw new Error(passedOver.map(({ device, because }) => `The device '${device}' cannot be had: ${because}.`).join(' '))
}
