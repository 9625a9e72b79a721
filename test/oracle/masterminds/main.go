// Command masterminds answers what Masterminds/semver says: for each line `constraint<TAB>version` it prints `true`,
// `false`, `no constraint` or `no version`.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/Masterminds/semver/v3"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		constraint, version, _ := strings.Cut(in.Text(), "\t")
		fmt.Fprintln(out, answer(constraint, version))
	}
}

func answer(constraintText, versionText string) string {
	constraint, err := semver.NewConstraint(constraintText)
	if err != nil {
		return "no constraint"
	}
	version, err := semver.NewVersion(versionText)
	if err != nil {
		return "no version"
	}
	return fmt.Sprint(constraint.Check(version))
}
