// What pages of other origins, and pages made of stored bytes, can do in Chromium.
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"

import { chromium } from "playwright-core"

import { freePort, ServerProcess } from "../protocol/lib/server.mjs"
import { until } from "../protocol/lib/wait.mjs"

const executablePath = process.env.EVENTCLUSTER_CHROMIUM ?? "/usr/bin/chromium"

// As root the sandbox cannot start; the other flags keep Chromium from calling home.
const args = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
]

// An extension's pages have an origin of a scheme of their own, like those of an app in a shell (capacitor://localhost).
const extension = mkdtempSync(join(tmpdir(), "eventcluster-extension-"))
const extensionId = [...createHash("sha256").update(extension).digest("hex").slice(0, 32)]
  .map((digit) => String.fromCharCode("a".charCodeAt(0) + parseInt(digit, 16))).join("")
const extensionOrigin = `chrome-extension://${extensionId}`

let browser
let server
let pages
let pagesUrl
before(async () => {
  server = await ServerProcess.start("--EventCluster:Cors:AllowedOrigins", `http://127.0.0.1:*,${extensionOrigin}`)
  pages = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<title>page</title>"))
  await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve))
  pagesUrl = `http://127.0.0.1:${pages.address().port}/`
  browser = await chromium.launch({ executablePath, args, headless: true })
})
after(async () => {
  await browser?.close()
  pages?.close()
  await server?.stop()
  rmSync(extension, { recursive: true, force: true })
})

async function send(method, url, type, body) {
  const response = await fetch(url, { method, headers: { "content-type": type }, body })
  assert.ok(response.ok, `${method} ${url}: ${response.status} ${await response.text()}`)
}

/** Listens in the page until so many messages came, or the source gave up. */
function listen(page, url, init, count) {
  return page.evaluate(([address, options, wanted]) => new Promise((resolve) => {
    const seen = { messages: [], gaps: [], closed: false }
    const source = new EventSource(address, options)
    const done = () => { source.close(); resolve(seen) }
    source.onmessage = (event) => { seen.messages.push(event.data); if (seen.messages.length === wanted) done() }
    source.addEventListener("gap", (event) => seen.gaps.push(JSON.parse(event.data)))
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) { seen.closed = true; done() } }
  }), [url, init, count])
}

/** Every way in which a page of another origin reads and writes. */
async function useFromPage(page, url) {
  const events = await listen(page, url, { withCredentials: true }, 2)
  assert.deepEqual(events, { messages: ["1", "2"], gaps: [], closed: false })
  const answers = await page.evaluate(async (address) => {
    const read = await fetch(address, { credentials: "include", headers: { baggage: "a=b", "sentry-trace": "1-2-3", traceparent: "00-0" } })
    const write = await fetch(address, {
      method: "POST", credentials: "include", body: "3", headers: { "content-type": "application/json", "x-correlation-id": "7" },
    })
    return {
      read: [read.status, await read.text(), read.headers.get("stream-next-offset"), read.headers.get("etag") !== null],
      write: [write.status, write.headers.get("stream-next-offset"), write.headers.get("stream-durability")],
    }
  }, url)
  const [status, text, next, hasTag] = answers.read
  assert.deepEqual([status, text, next?.length, hasTag], [200, "[1,2]", 20, true])
  assert.deepEqual([answers.write[0], answers.write[1] > next, answers.write[2]], [204, true, "flushed"])
}

test("a_page_of_a_listed_origin_uses_credentials_and_tracing_headers", async () => {
  const url = `${server.url}/v1/stream/origins/listed`
  await send("PUT", url, "application/json", "[1,2]")
  const page = await browser.newPage()
  try {
    await page.goto(pagesUrl)
    await useFromPage(page, url)
  } finally {
    await page.close()
  }
})

test("a_page_of_an_origin_that_is_not_http_is_served_when_listed", async () => {
  const url = `${server.url}/v1/stream/origins/scheme`
  await send("PUT", url, "application/json", "[1,2]")
  writeFileSync(join(extension, "manifest.json"), JSON.stringify({ manifest_version: 3, name: "page", version: "1" }))
  writeFileSync(join(extension, "page.html"), "<title>page</title>")
  const profile = mkdtempSync(join(tmpdir(), "eventcluster-profile-"))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, headless: true, ignoreDefaultArgs: ["--disable-extensions"],
    args: [...args, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
  })
  try {
    const page = await context.newPage()
    await page.goto(`${extensionOrigin}/page.html`)
    assert.equal(await page.evaluate(() => location.origin), extensionOrigin)
    await useFromPage(page, url)
  } finally {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  }
})

test("a_page_of_another_origin_is_refused_and_the_log_names_the_option", async () => {
  const own = await ServerProcess.start("--EventCluster:Cors:AllowedOrigins", "https://app.example.com")
  const url = `${own.url}/v1/stream/origins/other`
  await send("PUT", url, "application/json", "[1,2]")
  const page = await browser.newPage()
  try {
    await page.goto(pagesUrl)
    assert.deepEqual(await listen(page, url, {}, 1), { messages: [], gaps: [], closed: true })
    const failed = await page.evaluate((address) => Promise.all([
      fetch(address).then(() => "read", (e) => e.name),
      fetch(address, { method: "POST", body: "3" }).then(() => "written", (e) => e.name),
    ]), url)
    assert.deepEqual(failed, ["TypeError", "TypeError"])
    assert.equal(await (await fetch(url)).text(), "[1,2]")
    const lines = own.output.split("\n").filter((line) => line.includes(new URL(pagesUrl).origin))
    assert.equal(lines.length, 1, own.output)
    assert.match(lines[0], /EventCluster:Cors:AllowedOrigins/)
  } finally {
    await page.close()
    await own.stop()
  }
})

test("an_eventsource_with_the_id_of_another_server_gets_a_gap_and_goes_on", async () => {
  // Another server answers the address first and leaves the browser with its own id; then ours takes the address over.
  const port = await freePort()
  const foreign = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "access-control-allow-origin": "*" })
    response.end("retry: 200\nid: 42\ndata: foreign\n\n")
  })
  await new Promise((resolve) => foreign.listen(port, "127.0.0.1", resolve))
  const page = await browser.newPage()
  const own = new ServerProcess([])
  own.url = `http://127.0.0.1:${port}`
  try {
    await page.goto(pagesUrl)
    await page.evaluate((address) => {
      window.seen = { messages: [], gaps: [] }
      window.source = new EventSource(address)
      window.source.onmessage = (event) => window.seen.messages.push(event.data)
      window.source.addEventListener("gap", (event) => window.seen.gaps.push(JSON.parse(event.data)))
    }, `${own.url}/v1/stream/foreign?live=eventsource`)
    const seen = () => page.evaluate(() => ({ ...window.seen, state: window.source.readyState }))
    let last
    await until("foreign event", async () => (last = await seen()).messages.includes("foreign"), () => last)

    // The stream must be there before the browser comes back: it is made on another address, with the same data.
    foreign.closeAllConnections()
    await new Promise((resolve) => foreign.close(resolve))
    const maker = new ServerProcess([])
    rmSync(maker.dataPath, { recursive: true, force: true })
    maker.dataPath = own.dataPath
    maker.url = `http://127.0.0.1:${await freePort()}`
    await maker.restart()
    await send("PUT", `${maker.url}/v1/stream/foreign`, "application/json", "[1,2]")
    await maker.kill9()
    await own.restart()
    await until("events after the gap", async () => (last = await seen()).messages.includes("2"), () => last, 120_000)
    assert.deepEqual(last.gaps.map((gap) => [gap.requested, gap.reason]), [["42", "unknown"]])
    assert.equal(last.state, 1)
  } finally {
    await page.close()
    await own.stop()
  }
})

test("a_document_made_of_stored_bytes_can_do_nothing", async () => {
  const kept = `${server.url}/v1/stream/stored/kept`
  await send("PUT", kept, "text/plain", "kept")
  const attack = `
    document.title = "ran"
    fetch("/v1/stream/stored/kept", { method: "DELETE" })
    fetch("/v1/admin/streams").then((answer) => answer.text()).then((text) => { document.title = text })`
  const documents = {
    "text/html": `<title>stored</title><script>${attack}</script><img src="x:" onerror="document.title='ran'">
      <form action="/v1/stream/stored/kept" method="post"><button>go</button></form><meta http-equiv="refresh" content="0;url=/v1/admin/streams">`,
    "image/svg+xml": `<svg xmlns="http://www.w3.org/2000/svg" onload="document.title='ran'"><script>${attack.replaceAll("&", "&amp;").replaceAll("=>", "=&gt;")}</script></svg>`,
    "application/xhtml+xml": `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>stored</title><script>${attack.replaceAll("=>", "=&gt;")}</script></head><body/></html>`,
  }
  for (const [type, body] of Object.entries(documents)) {
    const url = `${server.url}/v1/stream/stored/${type.replace(/\W/g, "-")}`
    await send("PUT", url, type, body)
    const page = await browser.newPage()
    const requests = []
    page.on("request", (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`))
    try {
      await page.goto(url)

      // A script of the document has run by now, a refresh has navigated, and what they asked for was sent.
      await page.waitForLoadState("networkidle")
      assert.notEqual(await page.title(), "ran", type)
      assert.equal(page.url(), url)
      assert.equal(await page.evaluate(() => self.origin), "null", type)
      await page.click("button", { timeout: 1_000 }).catch(() => {})
      assert.ok(requests.every((line) => line.startsWith("GET ") && !line.includes("admin")), requests.join("\n"))
      assert.equal(await (await fetch(kept)).text(), "kept")
    } finally {
      await page.close()
    }
  }
})

test("a_page_that_reads_twice_sees_what_was_appended_in_between", async () => {
  const url = `${server.url}/v1/stream/twice`
  await send("PUT", url, "application/json", "[1]")
  const page = await browser.newPage()
  try {
    await page.goto(pagesUrl)
    for (const query of ["", "?offset=-1", "?limit=5", "?last=9"]) {
      const read = () => page.evaluate((address) => fetch(address).then((answer) => answer.json()), url + query)
      const before = await read()
      await send("POST", url, "application/json", JSON.stringify(query))
      assert.deepEqual(await read(), [...before, query])
    }
  } finally {
    await page.close()
  }
})
