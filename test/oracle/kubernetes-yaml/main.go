// Command kubernetes-yaml answers what Kubernetes reads: for each line, a YAML document in base64, it prints what the
// document is as JSON, or `error: ` and why it is nothing. In front stands `twice`, where a key is set twice and the
// last one won, or `once`, with a tab.
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		fmt.Fprintln(out, answer(in.Text()))
	}
}

func answer(line string) string {
	document, err := base64.StdEncoding.DecodeString(line)
	if err != nil {
		return "once\t" + refusal(err)
	}
	// kubectl hands on whole lines, so a text block at the very end of a file has its line break, too.
	if len(document) > 0 && document[len(document)-1] != '\n' {
		document = append(document, '\n')
	}
	json, err := yaml.YAMLToJSON(document)
	if err != nil {
		return "once\t" + refusal(err)
	}
	if _, err := yaml.YAMLToJSONStrict(document); err != nil {
		return "twice\t" + string(json)
	}
	return "once\t" + string(json)
}

func refusal(err error) string {
	return "error: " + strings.ReplaceAll(err.Error(), "\n", " ")
}
