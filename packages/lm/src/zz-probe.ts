import * as probe from '@parlance/asr'
export { probe }
