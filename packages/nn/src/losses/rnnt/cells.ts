/** From logits to the two log-probabilities of each cell, and from these' gradients back. */
import { tf } from '@parlance/runtime'
import { iota } from '../../iota.js'
import type { Arcs } from './wavefront.js'

/** Labels (N, U + 1) of the positions, for the cells of all frames: (N, T, U + 1). */
export function everyFrame(labels: tf.Tensor, frames: number): tf.Tensor {
  return tf.tile(tf.expandDims(labels, 1), [1, frames, 1])
}

/**
 * The log-probabilities of blank and label for each cell, without those of the other classes.
 *
 * @param logits (N, T, K, V)
 * @param labels int32 (N, T, K): what each cell emits, never blank
 * @returns also softmax(logits) (M, V) and the place of each cell's label in it, int32 (M, 2), M = N·T·K
 */
export function arcsOf(
  logits: tf.Tensor,
  labels: tf.Tensor,
  blank: number,
): { arcs: Arcs; probabilities: tf.Tensor; places: tf.Tensor } {
  const rows = tf.reshape(logits, [-1, logits.shape[3] as number])
  const probabilities = tf.softmax(rows)
  const places = tf.stack([iota(labels.size), tf.reshape(labels, [-1])], 1)
  // log Σ eˣ = max x − log max p, and the greatest probability is never small.
  const normalizer = tf.sub(tf.max(rows, 1), tf.log(tf.max(probabilities, 1)))
  const cell = (x: tf.Tensor): tf.Tensor => tf.reshape(tf.sub(x, normalizer), labels.shape)
  const ofBlank = tf.reshape(tf.slice(rows, [0, blank], [-1, 1]), [-1])
  return { arcs: { blank: cell(ofBlank), label: cell(tf.gatherND(rows, places)) }, probabilities, places }
}

/** softmax (M, V), places of labels in it (M, 2), and occupancies of the arcs by blank and by label (N, T, K). */
export type SavedCells = [probabilities: tf.Tensor, places: tf.Tensor, ofBlank: tf.Tensor, ofLabel: tf.Tensor]

/**
 * softmax · (blank + label) minus the occupancies of blank and label at their classes. One product and a scatter into 2·M
 * places, which never meet, as no cell's label is blank.
 *
 * @param dy by the cost of each example: (N)
 * @param shape of the logits: [N, T, K, V]
 */
export function logitGradient(
  dy: tf.Tensor,
  [probabilities, places, blankOccupancy, labelOccupancy]: SavedCells,
  shape: number[],
  blank: number,
): tf.Tensor {
  const rows = places.shape[0] as number
  const scale = tf.reshape(dy, [-1, 1, 1])
  const column = (x: tf.Tensor): tf.Tensor => tf.reshape(tf.mul(x, scale), [-1, 1])
  const [ofBlank, ofLabel] = [column(blankOccupancy), column(labelOccupancy)]
  const dense = tf.mul(probabilities, tf.add(ofBlank, ofLabel))
  const blankPlaces = tf.stack([iota(rows), tf.fill([rows], blank, 'int32')], 1)
  const all = tf.concat([blankPlaces, places], 0)
  const occupied = tf.reshape(tf.concat([ofBlank, ofLabel], 0), [-1])
  const gradient = tf.tensorScatterUpdate(dense, all, tf.sub(tf.gatherND(dense, all), occupied))
  return tf.reshape(gradient, shape)
}
