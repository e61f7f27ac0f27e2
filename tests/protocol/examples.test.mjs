// The examples of docs/PROTOCOL.md, run as they stand in one shell; only the address differs.
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"
import { afterAll, beforeAll, expect, test } from "vitest"

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
