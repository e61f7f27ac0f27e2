// Chromium on one HTTP/2 connection over TLS: as many event streams and WebSockets as 20 tabs would hold.
import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"

import { chromium } from "playwright-core"

import { freePort, ServerProcess } from "../protocol/lib/server.mjs"
import { until } from "../protocol/lib/wait.mjs"

const chromiumPath = process.env.EVENTCLUSTER_CHROMIUM ?? "/usr/bin/chromium"
const tabs = 20
const eventsPerPhase = 10

// As root the sandbox cannot start; the other flags keep Chromium from calling home. The certificate is the test's own.
const chromiumFlags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--ignore-certificate-errors",
]

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0

let browser
let folder
let server
let secureUrl
before(async () => {
  if (!hasOpenssl) {
    return
  }
  folder = mkdtempSync(join(tmpdir(), "eventcluster-certificate-"))
  const [certificate, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")]
  execFileSync("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate,
  ], { stdio: "pipe" })
  secureUrl = `https://localhost:${await freePort()}`
  server = await ServerProcess.startAlsoAt(
    secureUrl, `--EventCluster:Tls:CertificatePath=${certificate}`, `--EventCluster:Tls:KeyPath=${key}`)
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags, headless: true })
})
after(async () => {
  await browser?.close()
  await server?.stop()
  folder && rmSync(folder, { recursive: true, force: true })
})

async function send(method, name, body) {
  const response = await fetch(`${server.url}/v1/stream/${name}`, {
    method, headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  })
  assert.ok(response.ok, `${method} ${name}: ${response.status}`)
}

/** Appends one event after the other to every stream. */
async function append(names, from) {
  for (let i = from; i < from + eventsPerPhase; i++) {
    await Promise.all(names.map((name) => send("POST", name, i)))
  }
}

/** Notes over which connection and protocol Chromium got its event streams, and how its WebSockets were opened. */
async function watchNetwork(page) {
  const seen = { streams: [], sockets: [] }
  const session = await page.context().newCDPSession(page)
  session.on("Network.responseReceived", ({ response }) => {
    if (response.url.includes("/v1/stream/")) {
      seen.streams.push({ connection: response.connectionId, protocol: response.protocol, status: response.status })
    }
  })
  session.on("Network.webSocketHandshakeResponseReceived", ({ response }) => seen.sockets.push(response.status))
  await session.send("Network.enable")
  return seen
}

/** Opens what a page of each tab would: half of the streams by EventSource, the others by WebSocket, each resuming by itself. */
function listenInPage(page, eventSources, webSockets) {
  return page.evaluate(([sources, sockets]) => {
    window.seen = {}
    window.reconnects = 0
    for (const name of sources) {
      window.seen[name] = []
      const source = new EventSource(`/v1/stream/${name}?offset=-1`)
      source.onmessage = (e) => window.seen[name].push(e.data)
      source.onerror = () => window.reconnects++
    }
    const follow = (name, offset) => {
      const socket = new WebSocket(`${location.origin.replace("http", "ws")}/v1/stream/${name}?offset=${offset}`, "eventcluster.v1")
      socket.onmessage = (e) => {
        const message = JSON.parse(e.data)
        if (message.type === "ping") {
          socket.send('{"type":"pong"}')
        }
        for (const event of message.events ?? []) {
          window.seen[name].push(JSON.stringify(event.data))
          offset = event.offset
        }
      }
      socket.onclose = () => {
        window.reconnects++
        setTimeout(() => follow(name, offset), 200)
      }
    }
    for (const name of sockets) {
      window.seen[name] = []
      follow(name, "-1")
    }
  }, [eventSources, webSockets])
}

async function untilAllSeen(page, phase, count) {
  let seen = {}
  await until(phase, async () => {
    seen = await page.evaluate(() => window.seen)
    return Object.values(seen).every((events) => events.length >= count)
  }, () => Object.fromEntries(Object.entries(seen).map(([name, events]) => [name, events.length])))
  return seen
}

test("twenty tabs' worth of streams over one HTTP/2 connection survive kill -9 with every event exactly once", {
  timeout: 240_000,
  skip: hasOpenssl ? false : "openssl is needed for a certificate: apt-get install -y openssl",
}, async () => {
  const eventSources = Array.from({ length: tabs }, (_, i) => `browser/h2/source-${i}`)
  const webSockets = Array.from({ length: tabs }, (_, i) => `browser/h2/socket-${i}`)
  const names = [...eventSources, ...webSockets]
  await Promise.all(names.map((name) => send("PUT", name, [])))
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage()
  try {
    await page.goto(`${secureUrl}/`)
    const network = await watchNetwork(page)
    await listenInPage(page, eventSources, webSockets)
    await append(names, 0)
    await untilAllSeen(page, "before the crash", eventsPerPhase)

    // On HTTP/1.1 the seventh would have waited for ever.
    assert.equal(network.streams.length, tabs)
    assert.deepEqual([...new Set(network.streams.map((s) => s.protocol))], ["h2"])
    assert.equal(new Set(network.streams.map((s) => s.connection)).size, 1)

    // Over HTTP/2 a WebSocket is opened by an extended CONNECT, which is answered with 200 instead of 101.
    assert.deepEqual(network.sockets, Array.from({ length: tabs }, () => 200))

    await server.kill9()
    await server.restart()
    await append(names, eventsPerPhase)
    const seen = await untilAllSeen(page, "after the crash", 2 * eventsPerPhase)
    const expected = Array.from({ length: 2 * eventsPerPhase }, (_, i) => `${i}`)
    for (const name of names) {
      assert.deepEqual(seen[name], expected, name)
    }
    assert.ok(await page.evaluate(() => window.reconnects) >= names.length)
  } finally {
    await page.close()
  }
})
