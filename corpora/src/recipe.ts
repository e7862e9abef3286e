/** How a public corpus becomes plain files. */
export interface Recipe {
  /** Names the recipe, the folder inside the one that `PARLANCE_CORPORA` names, and the cache folder. */
  name: string
  description: string
  licence: string
  /** What must be named wherever the data or something made from it is shown. */
  attribution: string
  /** Where the corpus comes from. */
  url: string
  /** SHA-256 of the files as they lie in the corpus folder. */
  files: Readonly<Record<string, string>>
  /** SHA-256 of prepared files that are byte for byte those that the source publishes, where it is known. */
  upstream?: Readonly<Record<string, string>>
  /** Raise it when `prepare` writes something else than before. */
  version: number
  /** The files that users of the recipe open. */
  outputs: readonly string[]
  /** Writes `outputs`, and what they refer to, into `target`. `read` returns a file of `files`, checked. */
  prepare(read: (file: string) => Promise<Uint8Array>, target: string): Promise<void>
}
