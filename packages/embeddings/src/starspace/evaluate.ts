import { placeAnswer, type RankingMetrics, rankingMetrics, realisticRank } from '@parlance/metrics'
import { EmbeddingError } from '../errors.js'
import type { Texts } from '../text/read-texts.js'
import { noExamples, type Parts, readExamples, type TaskKind } from './examples.js'
import { Scorer } from './scorer.js'
import type { StarSpace } from './starspace.js'

export interface StarSpaceEvaluation extends RankingMetrics {
  /** Questions of the file; those with an answer or a text that the model does not know at all are left out of the figures. */
  readonly questions: number
  /** The conventions: `tags|filtered|ties:realistic|candidates:all labels`. */
  readonly signature: string
}

/** Ranks of answers as they come. */
class RankList {
  questions = 0
  private readonly ranks: number[] = []
  private readonly candidates: number[] = []

  add(query: Float32Array | undefined, scorer: Scorer, answer: number | undefined, others: readonly number[] = []): void {
    this.questions++
    if (!query || answer === undefined) return
    const placed = placeAnswer(scorer.scores(query), answer, Int32Array.from(others))
    this.ranks.push(realisticRank(placed))
    this.candidates.push(placed.candidates)
  }

  result(signature: string): StarSpaceEvaluation {
    if (this.ranks.length === 0) throw new EmbeddingError(`The model knows the answer to none of ${this.questions} questions: is it a model of something else?`)
    const figures = rankingMetrics({ ranks: Float64Array.from(this.ranks), candidates: Int32Array.from(this.candidates) }, [1, 10])
    return { ...figures, questions: this.questions, signature }
  }
}

function askTags(model: StarSpace, [text, ...labels]: Parts, list: RankList): void {
  const scorer = model.scorer('tags')
  const query = model.embed(text!)
  const places = labels.map(([label]) => scorer.placeOf(label!))
  const known = places.filter((place) => place !== undefined)
  for (const place of places) list.add(query, scorer, place, known)
}

/** Each page in turn is to be found from the others. */
function askPages(model: StarSpace, pages: Parts, list: RankList): void {
  const scorer = model.scorer('pages')
  const names = pages.map(([page]) => page!)
  const places = names.map((name) => scorer.placeOf(name))
  const known = [...new Set(places.filter((place) => place !== undefined))]
  for (const [i, place] of places.entries()) list.add(model.embedPages(names.filter((name) => name !== names[i])), scorer, place, known)
}

/** Each first text is to find the second one of its line among those of all lines. */
function askSentences(model: StarSpace, examples: readonly Parts[], list: RankList): void {
  const answers = examples.map(([, second]) => model.embed(second!))
  const vectors = answers.filter((vector) => vector !== undefined)
  const scorer = new Scorer(vectors.map((_, i) => String(i)), vectors, model.config.similarity)
  let place = 0
  for (const [i, [first]] of examples.entries()) list.add(model.embed(first!), scorer, answers[i] ? place++ : undefined)
}

const CANDIDATES = { tags: 'filtered|ties:realistic|candidates:all labels', pages: 'filtered|ties:realistic|candidates:all pages|each hidden in turn', sentences: 'raw|ties:realistic|candidates:second texts of all lines' }

/**
 * How well a model answers what a file of examples asks: labels of texts, pages of users each hidden in turn, or the text
 * that belongs to another.
 *
 * @throws EmbeddingError for a file without examples, or a model that knows none of its answers
 */
export async function evaluateStarSpace(model: StarSpace, texts: Texts, kind: TaskKind): Promise<StarSpaceEvaluation> {
  const list = new RankList()
  const held: Parts[] = []
  let examples = 0
  for await (const example of readExamples(texts, kind)) {
    examples++
    if (kind === 'tags') askTags(model, example, list)
    else if (kind === 'pages') askPages(model, example, list)
    else held.push(example)
  }
  if (examples === 0) throw noExamples(kind)
  if (kind === 'sentences') askSentences(model, held, list)
  return list.result(`${kind}|${CANDIDATES[kind]}`)
}
