import { EmbeddingError } from '../errors.js'
import type { EpochReport } from '../threads/run-epochs.js'
import { WordVectors } from '../vectors/word-vectors.js'
import type { Word2VecOptions } from '../word2vec/options.js'
import { trainWord2Vec } from '../word2vec/word2vec.js'
import type { NodeGraph } from './edge-list.js'
import { resolveWalks, type WalkOptions, walkTexts } from './random-walks.js'

export interface Node2VecOptions extends WalkOptions, Omit<Word2VecOptions, 'subwords' | 'minCount' | 'maxVocabulary'> {}

/**
 * Learns vectors of nodes: skip-gram over random walks. With p = q = 1, the default, DeepWalk (Perozzi, Al-Rfou and Skiena
 * 2014; with negative sampling unless `loss` says otherwise), else node2vec (Grover and Leskovec 2016).
 *
 * Defaults are those of node2vec, 128 dimensions, windows of 10, 10 walks of 80 nodes from each node; 1 epoch, and no node
 * is left out for being frequent.
 *
 * @returns vectors in the order of the graph's nodes
 * @throws EmbeddingError for options out of range
 */
export async function node2vec(graph: NodeGraph, options: Node2VecOptions = {}): Promise<{ vectors: WordVectors; epochs: EpochReport[] }> {
  resolveWalks(options)
  const marked = graph.names.find((name) => name === '</s>')
  if (marked !== undefined) throw new EmbeddingError(`A node cannot be called ${marked}, which ends a walk.`)
  const { model, epochs } = await trainWord2Vec(walkTexts(graph, options), { dimensions: 128, window: 10, epochs: 1, sample: 0, ...options, minCount: 1 })
  const { dimensions } = model.config
  const values = new Float32Array(graph.names.length * dimensions)
  for (const [i, name] of graph.names.entries()) values.set(model.vector(name)!, i * dimensions)
  return { vectors: new WordVectors(graph.names, values, dimensions), epochs }
}
