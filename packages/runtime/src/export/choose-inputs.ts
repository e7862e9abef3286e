import {
  AttributeType,
  decodeModel,
  encodeModel,
  type GraphProto,
  type NodeProto,
  type ValueInfoProto,
} from '../onnx/schema.js'

/**
 * A graph that computes some of its inputs itself unless it is told that they are given: `If` of ONNX. So one file serves
 * the first step of a search and those after.
 *
 * @param graph an ONNX file
 * @param condition the name of a further input, bool (1): whether the inputs are given
 * @param computed an ONNX file whose outputs are named like those inputs. Inputs that it shares with `graph` have one name
 *   and are of one shape
 * @returns an ONNX file with the inputs of both and the condition
 */
export function chooseInputs(graph: Uint8Array, condition: string, computed: Uint8Array): Uint8Array {
  const model = decodeModel(graph)
  const other = decodeModel(computed)
  const names = other.graph.output.map(({ name }) => name)
  const given = new Set(names)
  const missing = names.find((name) => !model.graph.input.some((input) => input.name === name))
  if (missing !== undefined) throw new Error(`The graph has no input '${missing}' that could be computed.`)
  // What is inside the other graph gets names of its own; its inputs become those of the whole.
  const outside = new Set(other.graph.input.map(({ name }) => name))
  const inner = (name: string) => (name === '' || outside.has(name) ? name : `computed.${name}`)
  const chosen = (name: string) => (given.has(name) ? `chosen.${name}` : name)
  const choice: NodeProto = {
    opType: 'If',
    domain: '',
    name: 'choice',
    input: [condition],
    output: names.map(chosen),
    attribute: [
      { name: 'then_branch', type: AttributeType.Graph, g: passing(model.graph.input.filter(({ name }) => given.has(name))) },
      {
        name: 'else_branch',
        type: AttributeType.Graph,
        g: {
          name: 'computed',
          node: other.graph.node.map((node) => ({ ...renamed(node, inner), name: inner(node.name) })),
          initializer: [],
          input: [],
          output: other.graph.output.map((port) => untyped(port, inner(port.name))),
        },
      },
    ],
  }
  const known = new Set(model.graph.input.map(({ name }) => name))
  return encodeModel({
    ...model,
    opsetImport: [...model.opsetImport, ...other.opsetImport.filter(({ domain }) => !model.opsetImport.some((each) => each.domain === domain))],
    graph: {
      ...model.graph,
      node: [choice, ...model.graph.node.map((node) => renamed(node, chosen))],
      // Those of the branch are the whole graph's, so that they are prepared for its products once.
      initializer: [...model.graph.initializer, ...other.graph.initializer.map((tensor) => ({ ...tensor, name: inner(tensor.name) }))],
      input: [
        ...model.graph.input.map((port) => (given.has(port.name) ? ofAnyLength(port) : port)),
        ...other.graph.input.filter(({ name }) => !known.has(name)),
        { name: condition, type: { tensorType: { elemType: BOOL, shape: { dim: [{ dimValue: 1 }] } } } },
      ],
    },
  })
}

const BOOL = 9

function passing(ports: readonly ValueInfoProto[]): GraphProto {
  const node = ports.map(({ name }): NodeProto => {
    return { opType: 'Identity', domain: '', name: `given.${name}`, input: [name], output: [`given.${name}`], attribute: [] }
  })
  return { name: 'given', node, initializer: [], input: [], output: ports.map((port) => untyped(port, `given.${port.name}`)) }
}

function renamed(node: NodeProto, name: (old: string) => string): NodeProto {
  const inBody = (graph: GraphProto): GraphProto => ({ ...graph, node: graph.node.map((inside) => renamed(inside, name)) })
  const attribute = node.attribute.map((each) => (each.g ? { ...each, g: inBody(each.g) } : each))
  return { ...node, attribute, input: node.input.map(name), output: node.output.map(name) }
}

/** A port whose shape follows from what computes it. */
function untyped({ type }: ValueInfoProto, name: string): ValueInfoProto {
  return { name, type: { tensorType: { elemType: type.tensorType.elemType } } }
}

/** While an input is computed, what comes in its place may be empty: its lengths are not those of other inputs. */
function ofAnyLength(port: ValueInfoProto): ValueInfoProto {
  const { elemType, shape } = port.type.tensorType
  const dim = (shape?.dim ?? []).map((axis, i) => ('dimParam' in axis && i > 0 ? { dimParam: `given_${axis.dimParam}` } : axis))
  return { ...port, type: { tensorType: { elemType, shape: { dim } } } }
}
