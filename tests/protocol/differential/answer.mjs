// One request, and its answer reduced to what the protocol promises.

const headerFields = {
  next: "stream-next-offset",
  upToDate: "stream-up-to-date",
  closed: "stream-closed",
  producerEpoch: "producer-epoch",
  producerSeq: "producer-seq",
  expectedSeq: "producer-expected-seq",
  receivedSeq: "producer-received-seq",
  ttl: "stream-ttl",
  dataEncoding: "stream-sse-data-encoding",
}

/** Sends a request and returns the reduced answer. `sse: true` reads until the reader is up to date. */
export async function send(base, { method, path, query = "", headers = {}, body, sse = false }) {
  const response = await fetch(`${base}${path}${query}`, { method, headers, body, duplex: body ? "half" : undefined })
  const answer = { status: response.status, etag: response.headers.get("etag") }
  for (const [field, header] of Object.entries(headerFields)) {
    answer[field] = response.headers.get(header)
  }
  const expires = response.headers.get("stream-expires-at")
  answer.expires = expires === null ? null : Date.parse(expires)
  answer.hasCursor = response.headers.has("stream-cursor")
  answer.hasLocation = response.headers.has("location")
  answer.nosniff = response.headers.get("x-content-type-options")
  const carriesType = response.status < 300 && response.status !== 204
  answer.type = carriesType ? response.headers.get("content-type") : null
  if (sse && response.status === 200) {
    Object.assign(answer, await readSse(response))
  } else {
    answer.body = response.ok ? Buffer.from(await response.arrayBuffer()) : (await response.arrayBuffer(), null)
  }
  return answer
}

/** Reads data and control events until a control says up to date or closed; a closed stream must also end the response. */
async function readSse(response) {
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  const data = []
  let pending = ""
  for (;;) {
    const { done, value } = await reader.read()
    if (done) {
      throw new Error("The SSE response ended before it was up to date.")
    }
    pending += decoder.decode(value, { stream: true })
    for (let end = pending.indexOf("\n\n"); end >= 0; end = pending.indexOf("\n\n")) {
      const event = parseEvent(pending.slice(0, end))
      pending = pending.slice(end + 2)
      if (event.type === "data") {
        data.push(event.data)
      } else if (event.type === "control") {
        const control = JSON.parse(event.data)
        if (control.streamClosed) {
          await drain(reader)
        }
        if (control.streamClosed || control.upToDate) {
          await reader.cancel()
          return { data, control }
        }
      }
    }
  }
}

async function drain(reader) {
  while (!(await reader.read()).done) {
    // Events after the closing control would be a fault, but the end is what is waited for here.
  }
}

function parseEvent(text) {
  const event = { type: "message", data: [] }
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":")
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "")
    if (field === "event") {
      event.type = value
    } else if (field === "data") {
      event.data.push(value)
    }
  }
  return { type: event.type, data: event.data.join("\n") }
}

/** The bytes or values that the answer's events carry, in a form that does not depend on framing. */
export function payloadOf(answer, isJson) {
  if (answer.data) {
    return ssePayload(answer, isJson)
  }
  if (!answer.body || answer.status !== 200) {
    return null
  }
  // JSON text is compared by value: the reference serialises again, ours keeps the publisher's bytes.
  return isJson ? JSON.stringify(JSON.parse(answer.body.toString())) : answer.body.toString("hex")
}

function ssePayload(answer, isJson) {
  if (isJson) {
    return JSON.stringify(answer.data.flatMap((text) => JSON.parse(text)))
  }
  if (answer.dataEncoding === "base64") {
    return Buffer.concat(answer.data.map((text) => Buffer.from(text.replace(/\n/g, ""), "base64"))).toString("hex")
  }
  return answer.data.join("")
}
