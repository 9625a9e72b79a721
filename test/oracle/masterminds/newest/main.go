// Command newest chooses as Flux does: of the tags on its input, one to a line, the newest version that the constraint in
// its first argument allows. It does so once to warm up and then `rounds` times, and prints the tag, a tab and the
// median time in milliseconds.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"time"

	"github.com/Masterminds/semver/v3"
)

const rounds = 5

func main() {
	tags := []string{}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		tags = append(tags, in.Text())
	}
	winner := newest(os.Args[1], tags)
	times := []float64{}
	for range [rounds]struct{}{} {
		start := time.Now()
		newest(os.Args[1], tags)
		times = append(times, float64(time.Since(start).Microseconds())/1000)
	}
	sort.Float64s(times)
	fmt.Printf("%s\t%.3f\n", winner, times[rounds/2])
}

func newest(constraintText string, tags []string) string {
	constraint, err := semver.NewConstraint(constraintText)
	if err != nil {
		return ""
	}
	var best *semver.Version
	for _, tag := range tags {
		version, err := semver.NewVersion(tag)
		if err == nil && constraint.Check(version) && (best == nil || version.GreaterThan(best)) {
			best = version
		}
	}
	if best == nil {
		return ""
	}
	return best.Original()
}
