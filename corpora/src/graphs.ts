import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Recipe } from './recipe.js'

/** Writes files under other names, gunzipped where they end with ".gz". */
const copyAs = (names: Readonly<Record<string, string>>): Recipe['prepare'] => async (read, target) => {
  for (const [output, file] of Object.entries(names)) {
    const data = await read(file)
    await writeFile(join(target, output), file.endsWith('.gz') ? gunzipSync(data) : data)
  }
}

const karate: Recipe = {
  name: 'graph-karate',
  description: "Zachary's karate club: 34 members, 78 friendships, the two factions after the split",
  licence: 'MIT repository; public facts',
  attribution: 'Wayne Zachary 1977; edge list from the node2vec repository (Aditya Grover)',
  url: 'https://github.com/aditya-grover/node2vec',
  files: {
    'karate.edgelist': '854f940aaf02b1755c916e31d31be2e0a50ef5a22a3f2b5bbe85236e5ff67808',
    'karate.labels': '8663983c621de7bd78a0a274bc9285fe596173e970b114242749916297835db4',
  },
  version: 1,
  outputs: ['edges.txt', 'labels.txt'],
  prepare: copyAs({ 'edges.txt': 'karate.edgelist', 'labels.txt': 'karate.labels' }),
}

const cora: Recipe = {
  name: 'graph-cora',
  description: 'Cora: 2,708 papers, 5,429 citations, seven classes; the labels of 2,176 papers',
  licence: 'distributed freely for research, without a licence of its own',
  attribution: 'McCallum et al. 2000, Sen et al. 2008; edge list from OpenNE',
  url: 'https://github.com/thunlp/OpenNE',
  files: {
    'cora_edgelist.txt': 'bdab43591bf44e2870280e36bd0f215f04cfcf019c08347d90da4a7a4f5c5775',
    'cora_labels.train.txt': '2a031ca303b5ea3cae5ccfcec7852da966d591751afcad7b90f4ae44fce1d126',
  },
  version: 1,
  outputs: ['edges.txt', 'labels.txt'],
  prepare: copyAs({ 'edges.txt': 'cora_edgelist.txt', 'labels.txt': 'cora_labels.train.txt' }),
}

const fb15k237: Recipe = {
  name: 'kg-fb15k237',
  description: 'FB15k-237: 14,541 entities, 237 relations, 272,115 triples to train, 17,535 to validate, 10,344 to test',
  licence: 'CC BY 2.5',
  attribution: 'Freebase; Kristina Toutanova and Danqi Chen 2015',
  url: 'https://github.com/thunlp/OpenKE',
  files: {
    'train.txt.gz': '17ff1a85987c8462229876b5c6bb1bc322022cb31d695141c25f756d2dbdaeb5',
    'valid.txt.gz': 'b6a991011555983f9748a0a6c2218156b65cc6056f77b9815e030ae786e965ff',
    'test-half.txt.gz': '17d4e5bc57ef15e4b7c6fdb7bbc9eba35901d28e15d5b565febfc49ff1e99a5c',
  },
  version: 1,
  outputs: ['train.txt', 'valid.txt', 'test.txt'],
  prepare: copyAs({ 'train.txt': 'train.txt.gz', 'valid.txt': 'valid.txt.gz', 'test.txt': 'test-half.txt.gz' }),
}

const wn18rr: Recipe = {
  name: 'kg-wn18rr',
  description: 'WN18RR: 40,943 synsets, 11 relations, 86,835 triples to train, 3,034 to validate, 1,515 to test',
  licence: 'WordNet licence',
  attribution: 'WordNet 3.0, copyright 2006 by Princeton University; Dettmers et al. 2018',
  url: 'https://github.com/villmow/datasets_knowledge_embedding',
  files: {
    'train.txt.gz': 'e8ac829215c9588e18e439e72427948c08e88cffabf1882668a1503df5f17362',
    'valid.txt.gz': 'ada5cdb324fa0c9346ca35c7288de50fdd88ef67ef776dd6f9c7beed757d6d6b',
    'test-half.txt': '6f99cf487920ec53d68049acbf31c3a933cbd6c6728b0d4999a6378df47889b2',
  },
  version: 1,
  outputs: ['train.txt', 'valid.txt', 'test.txt'],
  prepare: copyAs({ 'train.txt': 'train.txt.gz', 'valid.txt': 'valid.txt.gz', 'test.txt': 'test-half.txt' }),
}

const small: Recipe = {
  name: 'kg-small',
  description: 'UMLS and Kinship, small knowledge graphs: 135 entities and 46 relations, 104 and 25',
  licence: 'research data, redistributed under the MIT licence of the repository',
  attribution: 'Kemp et al. 2006, Kok and Domingos 2007',
  url: 'https://github.com/villmow/datasets_knowledge_embedding',
  files: {
    'umls/train.txt': '30202640f8b26be8ba2323361ec8831e9e6882396138ae5ca3bef326e7fb6ded',
    'umls/valid.txt': '4cba113f49a7ae9bd1e43f659649b03486ac66642168f67b41e434d9e133f92d',
    'umls/test.txt': '3d9e6e8722cfbb7b3eb8aa5b77eff3eeda1d86d3b968fe0a0b95c641e1c9c6e4',
    'kinship/train.txt': 'ef89f322b30dc328f6d87c72cff4ac8a4a1a2126929f85c31a4486632e73c875',
    'kinship/valid.txt': '65a2ca576c21282a399735dc1c44eb9349d34fa5621d9a1a6fec35c8709726fc',
    'kinship/test.txt': 'f6f8440d98758afcdeaf60ad1017fb146daf2a606b0878cf3fc9a94188e3b3ff',
  },
  version: 1,
  outputs: ['umls', 'kinship'].flatMap((name) => ['train', 'valid', 'test'].map((split) => `${name}-${split}.txt`)),
  prepare: copyAs(Object.fromEntries(['umls', 'kinship'].flatMap((name) => ['train', 'valid', 'test'].map((split) => [`${name}-${split}.txt`, `${name}/${split}.txt`])))),
}

/** Graphs for walks, and knowledge graphs. */
export const graphs: readonly Recipe[] = [karate, cora, fb15k237, wn18rr, small]
