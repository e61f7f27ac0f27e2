// Prints the last line "N passed, N failed, N skipped" from vitest's JSON report and exits non-zero on failure.
// A run that died without a report, or whose report names no test, counts as one failure.
import { readFileSync } from "node:fs"

const [path, status] = process.argv.slice(2)
let passed = 0
let failed = 0
let skipped = 0
try {
  const report = JSON.parse(readFileSync(path, "utf8"))
  passed = report.numPassedTests
  failed = report.numFailedTests
  skipped = report.numPendingTests + report.numTodoTests
  // A suite that fails outside its tests (a server that does not start) has no failed test of its own.
  if (failed === 0 && (status !== "0" || report.numTotalTests === 0)) {
    failed = Math.max(1, report.testResults.filter((r) => r.status === "failed").length)
  }
} catch {
  failed = 1
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed > 0 ? 1 : 0
