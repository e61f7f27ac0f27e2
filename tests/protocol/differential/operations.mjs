// The weighted table of operations. Each runs against both servers and tells the model what the reference answered.
import { create, createAgain, createInvalid } from "./operations/create.mjs"
import { append, appendInvalid, close, closeAsProducer, produce, produceInvalid } from "./operations/append.mjs"
import { fork, forkAgain, forkInvalid } from "./operations/fork.mjs"
import {
  conditionalRead, head, longPoll, longPollWoken, missing, onGone, read, readInvalid, readNow, sse,
} from "./operations/read.mjs"
import { remove } from "./operations/remove.mjs"

const table = [
  [8, { name: "create", operation: create, needs: (m) => m.free().length > 0 }],
  [2, { name: "createAgain", operation: createAgain }],
  [3, { name: "createInvalid", operation: createInvalid, needs: (m) => m.free().length > 0 }],
  [18, { name: "append", operation: append }],
  [5, { name: "appendInvalid", operation: appendInvalid }],
  [14, { name: "produce", operation: produce }],
  [3, { name: "produceInvalid", operation: produceInvalid }],
  [2, { name: "close", operation: close }],
  [1, { name: "closeAsProducer", operation: closeAsProducer }],
  [4, { name: "fork", operation: fork, needs: (m) => m.free().length > 0 && m.live().length > 0 }],
  [1, { name: "forkAgain", operation: forkAgain }],
  [2, { name: "forkInvalid", operation: forkInvalid, needs: (m) => m.free().length > 0 && m.live().length > 0 }],
  [14, { name: "read", operation: read }],
  [3, { name: "readInvalid", operation: readInvalid }],
  [3, { name: "readNow", operation: readNow }],
  [4, { name: "conditionalRead", operation: conditionalRead }],
  [5, { name: "longPoll", operation: longPoll }],
  [2, { name: "longPollWoken", operation: longPollWoken }],
  [5, { name: "sse", operation: sse }],
  [6, { name: "head", operation: head }],
  [3, { name: "delete", operation: remove }],
  [2, { name: "missing", operation: missing, needs: (m) => m.free().length > 0 }],
  [3, { name: "onGone", operation: onGone, needs: (m) => m.gone().length > 0 }],
]

export const operationNames = table.map(([, entry]) => entry.name)

export function chooseOperation(random, model) {
  for (;;) {
    const chosen = random.weighted(table)
    const needs = chosen.needs ?? ((m) => m.live().length > 0)
    if (needs(model)) {
      return chosen
    }
  }
}
