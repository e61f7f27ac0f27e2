// The examples of docs/PROTOCOL.md, run as they stand in one shell; only the address differs.
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"
import { afterAll, beforeAll, expect, test } from "vitest"
import { WebSocket } from "ws"

import { ServerProcess } from "./lib/server.mjs"

let server
beforeAll(async () => {
  server = await ServerProcess.start()
})
afterAll(() => server.stop())

test("examples_of_the_document_print_what_it_says", { timeout: 120_000 }, async () => {
  const document = readFileSync(new URL("../../docs/PROTOCOL.md", import.meta.url), "utf8")
  const section = document.slice(document.indexOf("\n## Examples\n"), document.indexOf("\n## Behind a proxy\n"))
  const blocks = [...section.matchAll(/```sh\n([^`]*)```\n\n```text\n([^`]*)```/g)]
  expect(blocks.length).toBeGreaterThanOrEqual(8)

  // A line between the blocks tells whose output is whose.
  const script = blocks.map(([, commands]) => commands).join("echo ----\n").replaceAll("http://127.0.0.1:4437", server.url)
  const { stdout, stderr } = await promisify(execFile)("bash", ["-c", script], { timeout: 110_000 })
  expect(stderr).toBe("")
  expect(stdout.split("----\n")).toEqual(blocks.map(([, , output]) => output))
})

test("the_stream_of_several_runs_as_it_stands", { timeout: 60_000 }, async () => {
  const document = readFileSync(new URL("../../docs/PROTOCOL.md", import.meta.url), "utf8")
  const before = document.slice(0, document.indexOf("\n## Examples\n"))
  const blocks = [...before.matchAll(/```sh\n([^`]*)```/g)]
  expect(blocks.length).toBeGreaterThanOrEqual(1)
  const own = await ServerProcess.start()
  try {
    for (const [, commands] of blocks) {
      // An event stream does not end: what came after some seconds counts.
      const script = commands.replaceAll("http://127.0.0.1:4437", own.url).replaceAll("curl -N", "curl -sN -m 3")
      const { stdout } = await promisify(execFile)("bash", ["-c", `${script}\ntrue`], { timeout: 50_000 })
      expect(stdout).not.toContain("urn:eventcluster:error")
      expect(stdout).toContain('"type":"subscribed","stream":"orders"')
      expect(stdout).toContain('"type":"subscribed","stream":"audit"')
    }
  } finally {
    await own.stop()
  }
})

test("the_messages_of_the_websocket_are_what_the_document_says", { timeout: 60_000 }, async () => {
  const document = readFileSync(new URL("../../docs/PROTOCOL.md", import.meta.url), "utf8")
  const [, text] = document.match(/```\n(→ \{"type":"subscribe"[^`]*)```/)
  const messages = text.split(/\n(?=[→←])/).map((line) => ({ sent: line[0] === "→", body: JSON.parse(line.slice(1)) }))
  const own = await ServerProcess.start()
  try {
    const events = Array.from({ length: 18 }, (_, n) => ({ n: n + 1 }))
    const made = await fetch(`${own.url}/v1/stream/orders`, {
      method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(events),
    })
    expect(made.status).toBe(201)
    const socket = new WebSocket(`${own.url.replace("http", "ws")}/v1/streams`, "eventcluster.v1")
    const came = []
    let wake = () => {}
    socket.on("message", (data) => {
      const message = JSON.parse(data)
      if (message.type !== "hello") came.push(message)
      wake()
    })
    await new Promise((resolve) => socket.once("open", resolve))
    let expected = []
    for (const { sent, body } of [...messages, { sent: true }]) {
      if (!sent) {
        expected.push(body)
        continue
      }

      // Events and the ack of an append come in either order.
      while (came.length < expected.length) await new Promise((resolve) => (wake = resolve))
      const byType = (a, b) => a.type.localeCompare(b.type)
      expect([...came].sort(byType)).toEqual([...expected].sort(byType))
      came.length = 0
      expected = []
      if (body) socket.send(JSON.stringify(body))
    }

    socket.close()
  } finally {
    await own.stop()
  }
})
