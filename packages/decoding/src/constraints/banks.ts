/**
 * Divides a beam between banks, one for each number of constraint tokens met (dynamic beam allocation, Post & Vilar
 * 2018, "Fast Lexically Constrained Decoding with Dynamic Beam Allocation for Neural Machine Translation"): equal
 * shares; what is left over and what a bank cannot fill goes to those with most tokens met.
 *
 * @param available (banks) how many candidates each bank has
 * @returns (banks) how many of them it may keep; together `beamSize` when there are so many candidates
 */
export function bankSlots(available: readonly number[], beamSize: number): number[] {
  const share = Math.floor(beamSize / available.length)
  const slots = available.map((count) => Math.min(count, share))
  let spare = beamSize - slots.reduce((sum, count) => sum + count, 0)
  for (let bank = available.length - 1; bank >= 0; bank--) {
    const more = Math.min(spare, available[bank]! - slots[bank]!)
    slots[bank]! += more
    spare -= more
  }
  return slots
}
