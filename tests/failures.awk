# Finds the failed tests in a log of any of the suites: each name with its message first, bounded in lines, so that the
# part of a log that is printed at its end never hides which tests failed.
# usage: awk -f tests/failures.awk LOG                what failed
#        awk -v part=names -f tests/failures.awk LOG  the same in two lines each, name and message
#        awk -v part=rest -f tests/failures.awk LOG   the log without skipped tests, which would fill its end
# A failure is one of:
#   xunit    "    NAME [FAIL]", "    [Test Class Cleanup Failure (NAME)] ...": lines indented deeper belong to it
#   vitest   " FAIL  FILE > NAME": up to the next rule
#   node     what follows "failing tests:"
#   ours     "... FAILED ...", "WRONG: ...", "... N VIOLATIONS", "VERDICT: seed N, ...", and an exit code without a count
#   builds   "FILE: error CODE: ..."
BEGIN {
  whole = part == "names" ? 0 : 40  # failures with their stacks
  named = 400                       # failures with the first line of their message
  lines = 15                        # lines of a whole one, its name included
  kind = ""
  left = 0
}

{
  gsub(/\033\[[0-9;]*m/, "")
  line = $0
}

part == "rest" {
  if (line ~ /^ +[^ ].* \[SKIP\]$/) { isSkipped = 1; next }
  if (isSkipped && line ~ /^      /) next
  isSkipped = 0
  print line
  next
}

# Output of a failed test may say anything.
kind == "xunit" && line ~ /^      / { tell(); next }
line ~ /^    [^ ].* \[FAIL\]$/ || line ~ /^    \[.* Cleanup Failure / || line ~ /^    \[FATAL ERROR\]/ { begin("xunit"); next }
line ~ /^ FAIL  / { begin("vitest"); next }
line ~ /failing tests:$/ { begin("node"); next }
line ~ /(^|[^A-Za-z])(FAILED|WRONG|VIOLATIONS)/ || line ~ /^[A-Z][A-Za-z]*: seed [0-9]/ { begin(""); next }
line ~ /: error [A-Z]+[0-9]+:/ { begin(""); next }
line ~ /ended with exit code .* (without a count|counted no failure)/ { begin(""); next }

kind == "xunit" && line ~ /[^ ]/ { kind = "" }
kind == "vitest" && index(line, "⎯⎯") == 1 { kind = "" }
kind == "node" && line ~ /^[0-9]+ passed, / { kind = "" }
kind == "" && line !~ /^  +[^ ]/ { left = 0 }
{ tell() }

END {
  if (part == "rest") exit
  if (count == 0) print "no test is named as failed; the end of the log may say more"
  if (count > named) print "and " (count - named) " more"
}

# One line of what belongs to the last failure.
function tell() {
  if (left <= 0 || line !~ /[^ ]/) return
  print cut(line)
  left--
}

function begin(of) {
  kind = of
  count++
  # The list of node holds all of its failures.
  left = of == "node" ? named : count <= whole ? lines - 1 : 1
  if (count <= named) print cut(line)
  else left = 0
}

function cut(text) { return length(text) > 1000 ? substr(text, 1, 1000) "..." : text }
