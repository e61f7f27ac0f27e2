// Python's requests on a native event stream and on a text stream: what it decodes is what was appended.
import { spawnSync } from "node:child_process"
import { afterAll, beforeAll, expect, test } from "vitest"

import { ServerProcess } from "./lib/server.mjs"

const hasRequests = spawnSync("python3", ["-c", "import requests"]).status === 0
if (!hasRequests) {
  console.log("skipped: python3 with requests is needed (apt-get install -y --no-install-recommends python3-requests)")
}

let server
beforeAll(async () => {
  server = await ServerProcess.start()
})
afterAll(() => server.stop())

// U+2705 and U+0085 in UTF-8 hold bytes that Latin-1 takes for line ends and letters.
const text = "\u2705 gr\u00fc\u00df dich \u20ac"

function python(program, ...args) {
  const run = spawnSync("python3", ["-c", program, ...args], { encoding: "utf8", env: { ...process.env, PYTHONIOENCODING: "utf-8" } })
  expect(run.stderr).toBe("")
  return JSON.parse(run.stdout)
}

test.skipIf(!hasRequests).each([
  ["text/plain; charset=utf-8", text],
  ["application/json", JSON.stringify({ text })],
])("requests_reads_an_event_stream_of_%s_line_by_line", async (type, event) => {
  const url = `${server.url}/v1/stream/requests/${type.startsWith("text") ? "text" : "json"}`
  const created = await fetch(url, { method: "PUT", headers: { "content-type": type, "stream-closed": "true" }, body: event })
  expect(created.status).toBe(201)
  const lines = python(`
import json, requests, sys
answer = requests.get(sys.argv[1], headers={"Accept": "text/event-stream"}, stream=True, timeout=60)
print(json.dumps([answer.encoding, [line for line in answer.iter_lines(decode_unicode=True)]]))`, url)
  expect(lines[0]).toBe("utf-8")
  expect(lines[1].filter((line) => line.startsWith("data: "))[0]).toBe(`data: ${event}`)
  expect(lines[1].filter((line) => line !== "" && !/^(id|event|data|retry): /.test(line))).toEqual([])
  const whole = python(`
import json, requests, sys
answer = requests.get(sys.argv[1], timeout=60)
print(json.dumps(answer.text))`, url)
  expect(whole).toBe(type === "application/json" ? `[${event}]` : event)
})

test.skipIf(!hasRequests)("requests_reads_several_streams_as_one", async () => {
  const url = `${server.url}/v1/stream/requests/one`
  await fetch(url, { method: "PUT", headers: { "content-type": "text/plain; charset=utf-8", "stream-closed": "true" }, body: text })
  const [encoding, body] = python(`
import json, requests, sys
answer = requests.post(sys.argv[1], json={"streams": [{"name": "requests/one"}]}, timeout=60)
print(json.dumps([answer.encoding, answer.text]))`, `${server.url}/v1/streams`)
  expect(encoding).toBe("utf-8")
  expect(body).toContain(text)
})
