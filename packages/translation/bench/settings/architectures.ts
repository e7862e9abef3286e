/** The training settings that ask for each architecture at its default size. */
export const architectures: Readonly<Record<string, object>> = {
  transformer: {},
  ssru: { decoder: 'ssru' },
  average: { decoder: 'average' },
  'lstm general': { architecture: 'lstm' },
  'lstm additive': { architecture: 'lstm', attention: 'additive' },
  convolutional: { architecture: 'convolutional' },
}
