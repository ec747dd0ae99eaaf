# Reads what `cargo test` printed, and says in one line how much of each kind passed or failed.
function kind_of(what) {
    if (what ~ /tests\/equations\//) return "equations"
    if (what ~ /tests\/run\.rs|\/chapters-/) return "chapters"
    if (what ~ /tests\/(properties|allocations)|\/downhill-/) return "properties"
    return "tools"
}
{ gsub(/\033\[[0-9;]*m/, "") }
/^ *Running / { kind = kind_of($0) }
/^ *Doc-tests / { kind = "examples" }
/^test result:/ {
    for (i = 2; i <= NF; i++) {
        if ($i == "passed;") passed[kind] += $(i - 1)
        if ($i == "failed;") failed[kind] += $(i - 1)
    }
}
END {
    count = split("equations chapters properties examples tools", kinds)
    for (i = 1; i <= count; i++) {
        kind = kinds[i]
        line = line sprintf("%s%d %s", i > 1 ? ", " : "", passed[kind] + failed[kind], kind)
        if (failed[kind]) line = line sprintf(" (%d FAILED)", failed[kind])
        all_passed += passed[kind]
        all_failed += failed[kind]
    }
    printf "\n%s: %d passed, %d failed\n", line, all_passed, all_failed
}
