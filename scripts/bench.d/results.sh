# shellcheck shell=bash
# Sourced by scripts/bench: what was measured, and the table of it.

# note kind "what" value [most: the ratio to the best that is to be reached]
# More is better of what is counted "a second", and less of all else.
note() { printf '%s\t%s\t%s\t%s\n' "$2" "$1" "$3" "${4:-}" >> "$work/results"; }

# Medians by what and kind, in the order of the first appearance. The best of the
# others is the one with the best median; the ratio is the median of the rounds'
# own ratios to it, since the rounds are neighbours in time.
table() {
    [ -s "$work/results" ] || return 0
    awk -F '\t' -v others="${others[*]}" '
        function median(list, count,    i, j, swap) {
            for (i = 1; i < count; i++) for (j = i + 1; j <= count; j++)
                if (list[j] < list[i]) { swap = list[i]; list[i] = list[j]; list[j] = swap }
            return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
        }
        function of_kind(what, kind,    i, list) {
            for (i = 1; i <= seen[what, kind]; i++) list[i] = value[what, kind, i]
            return median(list, seen[what, kind])
        }
        function ratio_to(what, kind,    i, n, list) {
            n = seen[what, "ours"]
            for (i = 1; i <= n; i++) list[i] = value[what, kind, i] ? value[what, "ours", i] / value[what, kind, i] : 0
            return median(list, n)
        }
        !($1 in most) { order[++rows] = $1 }
        { value[$1, $2, ++seen[$1, $2]] = $3; most[$1] = $4 }
        END {
            kinds = split(others, kind, " ")
            printf "%-52s", ""
            for (k = 1; k <= kinds; k++) printf " %12s", kind[k]
            printf " %12s %8s %9s\n", "ours", "of best", "to reach"
            for (row = 1; row <= rows; row++) {
                what = order[row]
                printf "%-52s", what
                best = ""
                for (k = 1; k <= kinds; k++) {
                    if (!seen[what, kind[k]]) { printf " %12s", "-"; continue }
                    here = of_kind(what, kind[k])
                    printf " %12.2f", here
                    if (best == "" || (what ~ /a second$/ ? here > best_value : here < best_value)) { best = kind[k]; best_value = here }
                }
                printf " %12.2f %8s %9s\n", of_kind(what, "ours"), best == "" ? "-" : sprintf("%.2f", ratio_to(what, best)), most[what]
            }
        }' "$work/results"
}
