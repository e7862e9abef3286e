import { z } from 'zod'
import { TokenizerError } from './tokenizer.js'

// The part of Hugging Face's tokenizer.json that this package writes and reads. What changes ids and is not
// implemented is an error that names the field; what does not change them (truncation, padding, post_processor: they
// act after encoding) is accepted and dropped.

const vocab = z.custom<Record<string, number>>(isPlainObject, 'expected an object of token → id')
const merge = z.union([z.string(), z.tuple([z.string(), z.string()])])

const bpeModel = z.object({
  type: z.literal('BPE'),
  dropout: z.literal([null, 0]).optional(),
  unk_token: z.string().nullish(),
  continuing_subword_prefix: z.literal([null, '']).optional(),
  end_of_word_suffix: z.literal([null, '']).optional(),
  fuse_unk: z.literal(false).optional(),
  byte_fallback: z.literal(false).optional(),
  ignore_merges: z.boolean().optional(),
  vocab,
  merges: z.array(merge),
})

const byteLevel = z.object({
  type: z.literal('ByteLevel'),
  add_prefix_space: z.boolean().default(true),
  use_regex: z.boolean().default(true),
})

const split = z.object({
  type: z.literal('Split'),
  pattern: z.object({ Regex: z.string() }),
  behavior: z.literal('Isolated'),
  invert: z.literal(false),
})

const preTokenizer = z.discriminatedUnion('type', [
  byteLevel,
  z.object({ type: z.literal('Sequence'), pretokenizers: z.tuple([split, byteLevel]) }),
])

const addedToken = z.object({
  id: z.int().nonnegative(),
  content: z.string().min(1),
  single_word: z.literal(false),
  lstrip: z.literal(false),
  rstrip: z.literal(false),
  normalized: z.boolean(),
  special: z.boolean(),
})

const tokenizerJson = z.object({
  normalizer: z.null().optional(),
  pre_tokenizer: preTokenizer.nullish(),
  decoder: z.object({ type: z.enum(['ByteLevel', 'Fuse']) }).nullish(),
  added_tokens: z.array(addedToken).default([]),
  model: bpeModel,
})

export type AddedTokenJson = z.infer<typeof addedToken>
export type PreTokenizerJson = z.infer<typeof preTokenizer>
export type TokenizerJson = z.infer<typeof tokenizerJson>

/** Checks types and supported values; throws a `TokenizerError` naming the first field that is wrong. */
export function parseTokenizerJson(value: unknown): TokenizerJson {
  const result = tokenizerJson.safeParse(value)
  if (result.success) return result.data
  throw new TokenizerError(describe(result.error.issues[0]!, value))
}

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  const field = issue.path.map(String).join('.') || 'tokenizer.json'
  const got = issue.path.reduce<unknown>((at, key) => (isObject(at) ? at[key as string] : undefined), value)
  const text = JSON.stringify(got) ?? 'nothing'
  const expected = issue.message.replace(/, received .*$/u, '')
  return `${field}: ${expected}, got ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isPlainObject(value: unknown): boolean {
  return isObject(value) && !Array.isArray(value)
}
