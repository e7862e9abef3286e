import type { LanguageModelScorer } from '@parlance/decoding'
import { checkNumber } from './checks.js'
import type { PhraseAutomaton } from './phrase-automaton.js'

export interface FusionOptions {
  /** A language model over the recogniser's tokens: shallow fusion (Gülçehre et al. 2015). */
  languageModel?: LanguageModelScorer<unknown>
  /** Of the language model's log-probabilities. Default 0.3. */
  languageModelWeight?: number
  /** ln-probability that a sentence ends in a state of the language model, by which whole hypotheses are ranked too. Default none. */
  languageModelEnd?: (state: unknown) => number
  /** Added for every token: language models favour short sentences. Default 0. */
  insertionBonus?: number
  /**
   * Transducers: of the log-probabilities that predictor and joiner give tokens without hearing anything (an encoder frame
   * of zeros), which are subtracted (internal language model estimation: Variani et al. 2020, Meng et al. 2021). Default 0.
   */
  internalWeight?: number
  /** Phrases whose tokens get a bonus. */
  phrases?: PhraseAutomaton
}

/** What fusion knows of a hypothesis. Values: hypotheses share them. */
export interface FusionState {
  readonly language: unknown
  /** Of the automaton of phrases. */
  readonly node: number
  /** (vocabSize), computed when it is first asked for. */
  bonuses: Float32Array | undefined
}

/** What is added to the recogniser's log-probabilities of tokens: language model, phrases, insertion bonus. */
export class Fusion {
  readonly internalWeight: number
  private readonly weight: number
  private readonly insertionBonus: number

  /**
   * @param vocabSize of the recogniser, ids of which the language model must know
   * @param blank the id that gets nothing
   * @throws RangeError for weights that are no numbers
   */
  constructor(private readonly vocabSize: number, private readonly blank: number, private readonly options: FusionOptions) {
    ;({ languageModelWeight: this.weight = 0.3, insertionBonus: this.insertionBonus = 0, internalWeight: this.internalWeight = 0 } = options)
    checkNumber('The weight of the language model', this.weight)
    checkNumber('The insertion bonus', this.insertionBonus)
    checkNumber('The weight of the internal language model', this.internalWeight)
  }

  start(): FusionState {
    return { language: this.options.languageModel?.initial(), node: 0, bonuses: undefined }
  }

  advance({ language, node }: FusionState, token: number): FusionState {
    const { languageModel, phrases } = this.options
    return { language: languageModel?.advance(language, token), node: phrases?.next(node, token) ?? 0, bonuses: undefined }
  }

  /** (vocabSize): what each token gets. */
  bonuses(state: FusionState): Float32Array {
    state.bonuses ??= this.compute(state)
    return state.bonuses
  }

  /** What a hypothesis gets that ends here. */
  ending({ language, node }: FusionState): number {
    const { languageModelEnd, phrases } = this.options
    return this.weight * (languageModelEnd?.(language) ?? 0) - (phrases?.pending(node) ?? 0)
  }

  /** What phrases have given that is taken back if they do not go on: searches that cannot change their mind let it be. */
  pending({ node }: FusionState): number {
    return this.options.phrases?.pending(node) ?? 0
  }

  private compute({ language, node }: FusionState): Float32Array {
    const { vocabSize, blank, weight, options: { languageModel, phrases } } = this
    const bonuses = new Float32Array(vocabSize).fill(this.insertionBonus)
    phrases?.addBonuses(node, bonuses)
    if (languageModel) {
      for (let v = 0; v < vocabSize; v++) {
        if (v !== blank) bonuses[v] = (bonuses[v] as number) + weight * languageModel.score(language, v)
      }
    }
    bonuses[blank] = 0
    return bonuses
  }
}
