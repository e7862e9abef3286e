export { dropout, type DropoutKey } from '@parlance/runtime'
