import type { SearchResult } from './results.js'
import { type HalvingOptions, halvingRungs } from './rungs.js'
import { runSearch, type SearchOptions } from './search.js'

export interface SuccessiveHalvingOptions<P extends object> extends SearchOptions<P>, HalvingOptions {}

/**
 * Tries hyper-parameters drawn at random, all with few steps, the better ones with η times the steps, and so on
 * (`halvingRungs`, with the sources). A trial that goes on does so from its checkpoint. Folder, going on and errors are
 * those of `randomSearch`; the number of trials decides the rungs, so that it must stay the same.
 *
 * A rung gets fewer trials than planned when more of the rung before failed.
 */
export async function successiveHalving<P extends object>(options: SuccessiveHalvingOptions<P>): Promise<SearchResult<P>> {
  const rungs = halvingRungs(options)
  return runSearch(options, { method: 'successive halving', rungs }, rungs)
}
