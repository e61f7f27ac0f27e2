import { payloadOf } from "./answer.mjs"

const exact = ["status", "closed", "upToDate", "producerEpoch", "producerSeq", "expectedSeq", "receivedSeq", "dataEncoding"]

// The protocol lets a server say more here (a cursor on catch-up reads, the TTL on PUT): only saying less is a difference.
const atLeast = ["ttl", "expires", "hasCursor", "hasLocation", "nosniff"]

// A 304 repeats what the client has: which of the stream's headers come with it is left open.
const notOn304 = ["closed", "upToDate"]

/** Differences between two answers to one operation, after renaming offsets: `[{ field, reference, ours }]`. */
export function compare(operation, reference, ours, stream) {
  const differences = []
  const differ = (field, a, b) => differences.push({ field, reference: a, ours: b })
  for (const field of exact) {
    const isOpen = ours.status === 304 && reference.status === 304 && notOn304.includes(field)
    if (reference[field] !== ours[field] && !isOpen) {
      differ(field, reference[field], ours[field])
    }
  }
  for (const field of atLeast) {
    if (reference[field] && reference[field] !== ours[field]) {
      differ(field, reference[field], ours[field])
    }
  }
  if (sameType(reference.type) !== sameType(ours.type)) {
    differ("type", reference.type, ours.type)
  }
  if ((reference.etag === null) !== (ours.etag === null) && operation.method === "GET") {
    differ("etag", reference.etag, ours.etag)
  }
  compareOffsets(reference.next, ours.next, stream, differ)
  if (reference.status !== ours.status || operation.method !== "GET") {
    return differences
  }
  const isJson = /^application\/json/i.test(stream?.type ?? "")
  const [a, b] = [payloadOf(reference, isJson), payloadOf(ours, isJson)]
  if (a !== b) {
    differ("payload", a, b)
  }
  compareControls(reference.control, ours.control, stream, differ)
  return differences
}

function compareOffsets(reference, ours, stream, differ) {
  // Ours may say more than it must: an offset where the reference gives none is not a difference.
  if (reference === null || reference === undefined) {
    return
  }
  const wrong = ours === null ? "missing" : stream?.offsets.link(reference, ours)
  if (wrong) {
    differ("next", reference, `${ours}: ${wrong}`)
  }
}

function compareControls(reference, ours, stream, differ) {
  if (!reference || !ours) {
    return
  }
  compareOffsets(reference.streamNextOffset, ours.streamNextOffset, stream, differ)
  if ((reference.streamClosed ?? false) !== (ours.streamClosed ?? false)) {
    differ("control.streamClosed", reference.streamClosed, ours.streamClosed)
  }
  if (!ours.streamClosed && typeof ours.streamCursor !== "string") {
    differ("control.streamCursor", reference.streamCursor, ours.streamCursor)
  }
}

function sameType(type) {
  return type === null ? null : type.toLowerCase().replace(/\s/g, "")
}
