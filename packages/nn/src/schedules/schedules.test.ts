import { describe, expect, it } from 'vitest'
import {
  constantSchedule, cosineRestartsSchedule, cosineSchedule, exponentialSchedule, inversePowerSchedule,
  inverseSquareRootSchedule, linearSchedule, multiStepSchedule, oneCycleSchedule, plannedSchedule, plateauSchedule,
  polynomialSchedule, type Schedule, stepSchedule, withWarmup,
} from './index.js'

function expectRates(schedule: Schedule, wanted: number[], firstStep = 1): void {
  for (const [i, rate] of wanted.entries()) expect(schedule(i + firstStep)).toBeCloseTo(rate, 9)
}

describe('schedules', () => {
  it('stays constant', () => {
    const schedule = constantSchedule(0.3)
    expect([1, 50, 1e6].map((step) => schedule(step))).toEqual([0.3, 0.3, 0.3])
  })

  it('warms up and falls along a cosine to the floor', () => {
    const schedule = cosineSchedule({ peak: 1, warmupSteps: 4, totalSteps: 12, floor: 0.1 })
    expect([1, 2, 4].map((step) => schedule(step))).toEqual([0.25, 0.5, 1])
    expect(schedule(6)).toBeCloseTo(0.1 + 0.9 * (0.5 + Math.SQRT1_2 / 2), 12)
    expect(schedule(8)).toBeCloseTo(0.55, 12)
    expect([12, 13, 1000].map((step) => schedule(step))).toEqual([0.1, 0.1, 0.1])
  })

  it('falls along a line', () => {
    const schedule = linearSchedule({ peak: 2, totalSteps: 10 })
    for (const [step, rate] of [[1, 1.8], [5, 1], [9, 0.2], [10, 0], [11, 0]] as const) {
      expect(schedule(step)).toBeCloseTo(rate, 12)
    }
    const warmed = linearSchedule({ peak: 2, warmupSteps: 5, totalSteps: 10, floor: 1 })
    expect([1, 5, 10].map((step) => warmed(step))).toEqual([0.4, 2, 1])
    expect(warmed(6)).toBeCloseTo(1.8, 12)
  })

  it('falls to zero with the share of the training that is done, never above the warm-up', () => {
    const linear = plannedSchedule({ peak: 2, warmupSteps: 10, decay: 'linear' })
    expect(linear(5, [], 0.01)).toBe(1)
    expect([0, 0.25, 1, 1.2].map((share) => linear(10, [], share))).toEqual([2, 1.5, 0, 0])
    const cosine = plannedSchedule({ peak: 2, warmupSteps: 1, decay: 'cosine' })
    expect(cosine(7, [], 0.25)).toBeCloseTo(1 + Math.SQRT1_2, 12)
    expect(cosine(7, [], 1)).toBeCloseTo(0, 12)
    expect(() => linear(1)).toThrow('needs the share of the training')
  })

  it('follows equation 3 of Vaswani et al.', () => {
    const [width, warmupSteps] = [512, 4000]
    const schedule = inverseSquareRootSchedule({ peak: 1 / Math.sqrt(width * warmupSteps), warmupSteps })
    for (const step of [1, 100, 4000, 4001, 100_000]) {
      expect(schedule(step)).toBeCloseTo(width ** -0.5 * Math.min(step ** -0.5, step * warmupSteps ** -1.5), 15)
    }
  })

  it('warms up over the whole training when told so', () => {
    const schedule = linearSchedule({ peak: 1, warmupSteps: 2, totalSteps: 2 })
    expect([1, 2].map((step) => schedule(step))).toEqual([0.5, 0])
  })

  // The lists below are the learning rates that torch.optim.lr_scheduler of PyTorch 1.13 sets before each update, from a
  // base rate of 0.5.

  it('drops in steps and falls exponentially: StepLR(3, 0.1), MultiStepLR([2, 5], 0.5), ExponentialLR(0.9)', () => {
    expectRates(stepSchedule({ peak: 0.5, every: 3 }), [0.5, 0.5, 0.5, 0.05, 0.05, 0.05, 0.005, 0.005])
    const milestones = multiStepSchedule({ peak: 0.5, milestones: [2, 5], factor: 0.5 })
    expectRates(milestones, [0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125])
    expectRates(exponentialSchedule({ peak: 0.5, factor: 0.9 }), [0.5, 0.45, 0.405, 0.3645, 0.32805])
  })

  it('falls as a power: PolynomialLR(6, 2.0)', () => {
    const wanted = [0.5, 0.3472222222, 0.2222222222, 0.125, 0.05555555556, 0.01388888889, 0, 0]
    expectRates(polynomialSchedule({ peak: 0.5, totalSteps: 6, power: 2 }), wanted, 0)
    const line = { peak: 2, warmupSteps: 3, totalSteps: 9, floor: 1 }
    for (const step of [1, 3, 5, 8, 9, 20]) {
      expect(polynomialSchedule({ ...line, power: 1 })(step)).toBe(linearSchedule(line)(step))
    }
  })

  it('goes through one cycle: OneCycleLR', () => {
    expectRates(oneCycleSchedule({ peak: 0.5, totalSteps: 10 }), [
      0.02, 0.26, 0.5, 0.475242316, 0.405872827, 0.305631011, 0.194370989, 0.09412917303, 0.02475968399, 2e-6, 2e-6,
    ])
    const options = { peak: 0.5, totalSteps: 12, rise: 0.45, startDivisor: 10, endDivisor: 100 }
    expectRates(oneCycleSchedule(options), [
      0.05, 0.1049563458, 0.2429791614, 0.3966441839, 0.4908859191, 0.4898833702, 0.431002576, 0.3319352238, 0.2147068691,
      0.1053807868, 0.0282633467, 0.0005,
    ])
  })

  it('restarts: CosineAnnealingWarmRestarts(3, 2, eta_min=0.05)', () => {
    expectRates(cosineRestartsSchedule({ peak: 0.5, cycleSteps: 3, lengthen: 2, floor: 0.05 }), [
      0.5, 0.3875, 0.1625, 0.5, 0.4698557159, 0.3875, 0.275, 0.1625, 0.08014428415, 0.5, 0.4923333109, 0.4698557159,
      0.4340990258, 0.3875,
    ])
    const even = cosineRestartsSchedule({ peak: 1, cycleSteps: 4 })
    expect([1, 5, 4_000_001].map((step) => even(step))).toEqual([1, 1, 1])
    expect(even(3)).toBeCloseTo(0.5, 12)
  })

  it('lowers the rate on a plateau: ReduceLROnPlateau(factor=0.5, patience=2, cooldown=1)', () => {
    const evaluations = (values: number[]) => values.map((value, i) => ({ step: 10 * (i + 1), value }))
    const values = [5, 4, 4.00001, 3.99999, 4.1, 4, 3.9, 3.95, 3.95, 3.95, 3.95, 3.95, 3.95, 3.95]
    const schedule = plateauSchedule({ peak: 0.5, factor: 0.5, patience: 2, cooldown: 1 })
    const rates = [undefined, ...values].map((_, i) => schedule(10 * i + 1, evaluations(values.slice(0, i))))
    expect(rates).toEqual([
      0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.125, 0.0625,
    ])
    expect(schedule(500)).toBe(0.5)
  })

  it('raises its hopes: ReduceLROnPlateau(mode="max", patience=1, threshold=0.1, min_lr=0.003)', () => {
    const values = [0.1, 0.2, 0.19, 0.2, 0.21, 0.2, 0.2, 0.2, 0.2, 0.2]
    const schedule = plateauSchedule({ peak: 0.5, patience: 1, threshold: 0.1, floor: 0.003, direction: 'maximize' })
    const wanted = [0.5, 0.5, 0.5, 0.5, 0.05, 0.05, 0.005, 0.005, 0.003, 0.003, 0.003]
    for (const [i, rate] of wanted.entries()) {
      const evaluations = values.slice(0, i).map((value, step) => ({ step, value }))
      expect(schedule(i + 1, evaluations)).toBeCloseTo(rate, 12)
    }
  })

  it('warms up into any other, which then begins', () => {
    const schedule = withWarmup(4, stepSchedule({ peak: 0.8, every: 2, factor: 0.5 }))
    expectRates(schedule, [0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.4, 0.4, 0.2])
    const plateau = withWarmup(2, plateauSchedule({ peak: 1, patience: 0, factor: 0.5 }))
    expect([1, 2, 3].map((step) => plateau(step, [1, 2].map((value) => ({ step: 1, value }))))).toEqual([0.5, 1, 0.5])
  })

  it('falls as torch.optim.ASGD has it: η / (1 + λ η t)^0.75', () => {
    const schedule = inversePowerSchedule({ peak: 0.5, decay: 0.1 * 0.5, power: 0.75 })
    expectRates(schedule, [0, 1, 2].map((t) => 0.5 / (1 + 0.1 * 0.5 * t) ** 0.75))
    expect(schedule(51)).toBeCloseTo(0.5 / 3.5 ** 0.75, 12)
  })

  it("warms up as in Adafactor's paper", () => {
    const schedule = inverseSquareRootSchedule({ peak: 0.01, warmupSteps: 10_000 })
    for (const t of [1, 500, 10_000, 40_000]) expect(schedule(t)).toBeCloseTo(Math.min(1e-6 * t, 1 / Math.sqrt(t)), 12)
  })

  it('refuses what makes no sense', () => {
    expect(() => constantSchedule(-1)).toThrow('learning rate must be 0 or more, got -1')
    expect(() => cosineSchedule({ peak: 1, totalSteps: 0 })).toThrow('total steps must be a whole number of 1 or more')
    expect(() => cosineSchedule({ peak: 1, totalSteps: 5, warmupSteps: 6 })).toThrow('longer than the whole training')
    expect(() => linearSchedule({ peak: 1, totalSteps: 5, floor: 2 })).toThrow('above its peak')
    expect(() => inverseSquareRootSchedule({ peak: 1, warmupSteps: 0 })).toThrow('whole number of 1 or more, got 0')
    expect(() => stepSchedule({ peak: 1, every: 0 })).toThrow('steps between drops of the learning rate must be')
    expect(() => exponentialSchedule({ peak: 1, factor: 1 })).toThrow('factor of the learning rate must lie between 0 and 1')
    expect(() => multiStepSchedule({ peak: 1, milestones: [5, 3] })).toThrow('must rise, got 5, 3')
    expect(() => polynomialSchedule({ peak: 1, totalSteps: 5, power: 0 })).toThrow('power of the decay must be more than 0')
    expect(() => oneCycleSchedule({ peak: 1, totalSteps: 3 })).toThrow('more than one step of 3, got 0.3')
    expect(() => oneCycleSchedule({ peak: 1, totalSteps: 30, startDivisor: 0.5 })).toThrow('must be 1 or more, got 0.5')
    expect(() => cosineRestartsSchedule({ peak: 1, cycleSteps: 2, lengthen: 1.5 })).toThrow('whole number of 1 or more, got 1.5')
    expect(() => plateauSchedule({ peak: 1, patience: -1 })).toThrow('patience of a plateau must be a whole number')
    expect(() => inversePowerSchedule({ peak: 1, decay: -1 })).toThrow('decay of the learning rate must be 0 or more')
    expect(() => withWarmup(0, constantSchedule(1))).toThrow('warm-up steps must be a whole number of 1 or more')
  })
})
