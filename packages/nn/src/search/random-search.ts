import { expectSize } from '../dimensions.js'
import type { SearchResult } from './results.js'
import { runSearch, type SearchOptions } from './search.js'

export interface RandomSearchOptions<P extends object> extends SearchOptions<P> {
  /** How many trials; may be raised when a search goes on. */
  trials: number
  /** Steps of each trial. */
  budget: number
}

/**
 * Tries hyper-parameters drawn at random (Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", JMLR
 * 2012), one trial after the other. The folder holds `search.jsonl`, `trials/` and `report.html`; called again with the
 * same folder it does what is not done yet, so that a killed search loses at most the trial that ran and ends the same.
 *
 * @throws UsageError when the folder holds another search (space, seed, direction or budget) or other files
 * @throws Error for numbers that are not whole; of a lost device or a full disk, which are no trial's fault
 */
export async function randomSearch<P extends object>(options: RandomSearchOptions<P>): Promise<SearchResult<P>> {
  const { trials, budget } = options
  expectSize('The trials of a search', trials)
  expectSize('The budget of a search', budget)
  return runSearch(options, { method: 'random search', budget }, [{ trials, budget }])
}
