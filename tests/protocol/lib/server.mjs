// Starts, kills and stops the real server process for the npm suites.
import { spawn } from "node:child_process"
import { appendFileSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const repository = fileURLToPath(new URL("../../../", import.meta.url))
const serverDll =
  process.env.EVENTCLUSTER_SERVER_DLL ??
  join(repository, "src/EventCluster.Server/bin/Release/net10.0/EventCluster.Server.dll")

const readyTimeoutMs = 60_000
const keptOutputBytes = 64 * 1024

/** The long-poll timeout the suites run with; the conformance suite needs less than 5 s. */
export const longPollTimeoutMs = 4_000

/** A port that was free a moment ago, below the ephemeral range so that no client socket takes it meanwhile. */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const free = await new Promise((resolve) => {
      const probe = createServer()
      probe.once("error", () => resolve(false))
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)))
    })
    if (free) {
      return port
    }
  }
}

/** One server with a data directory of its own. The URL and the data outlive `kill9` and `restart`. */
export class ServerProcess {
  #child = null
  #exited = null
  #output = ""
  #options
  #alsoUrl = null
  dataPath = mkdtempSync(join(tmpdir(), "eventcluster-protocol-"))
  url = ""

  constructor(options) {
    this.#options = options
  }

  static async start(...options) {
    const server = new ServerProcess(options)
    server.url = `http://127.0.0.1:${await freePort()}`
    await server.restart()
    return server
  }

  /** Starts a server that listens on another URL, too. */
  static async startAlsoAt(url, ...options) {
    const server = new ServerProcess(options)
    server.#alsoUrl = url
    server.url = `http://127.0.0.1:${await freePort()}`
    await server.restart()
    return server
  }

  /** Starts the process on the same URL and data and waits until `/readyz` answers 200. */
  async restart() {
    const args = [
      serverDll, "--urls", this.#alsoUrl ? `${this.url};${this.#alsoUrl}` : this.url, "--data", this.dataPath,
      `--EventCluster:LongPoll:Timeout=${longPollTimeoutMs / 1000}`, ...this.#options,
    ]
    const child = spawn("dotnet", args, { stdio: ["ignore", "pipe", "pipe"] })
    this.#child = child
    if (process.env.EVENTCLUSTER_PID_FILE) {
      appendFileSync(process.env.EVENTCLUSTER_PID_FILE, `${child.pid}\n`)
    }
    const keep = (chunk) => {
      this.#output = (this.#output + chunk).slice(-keptOutputBytes)
    }
    child.stdout.on("data", keep)
    child.stderr.on("data", keep)
    this.#exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })))
    await this.#untilReady(child)
  }

  async #untilReady(child) {
    const deadline = performance.now() + readyTimeoutMs
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`The server ended while starting (exit ${child.exitCode}):\n${this.#output}`)
      }
      const ready = await fetch(`${this.url}/readyz`).then((r) => r.ok, () => false)
      if (ready) {
        return
      }
      if (performance.now() > deadline) {
        throw new Error(`/readyz did not answer 200 within ${readyTimeoutMs} ms:\n${this.#output}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Ends the process as a crash would: no handler runs. */
  async kill9() {
    this.#child.kill("SIGKILL")
    await this.#exited
  }

  /** Asks the process to end and returns how it ended; `restart` starts it again. */
  async terminate() {
    this.#child.kill("SIGTERM")
    return await this.#exited
  }

  /** Asks the process to end, removes its data, and returns how it ended. */
  async stop() {
    const ended = await this.terminate()
    rmSync(this.dataPath, { recursive: true, force: true })
    return ended
  }

  get output() {
    return this.#output
  }
}
