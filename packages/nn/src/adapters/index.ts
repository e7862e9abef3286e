export { loadAdapters, saveAdapters } from './adapter-files.js'
export type { AdapterSettings, LowRankAdapter } from './low-rank-adapter.js'
export { LowRankAdapters, type LowRankAdaptersOptions } from './low-rank-adapters.js'
