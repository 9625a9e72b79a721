/**
 * Tells the files of Helm charts: folders with a `Chart.yaml` and everything below. What is there are templates, and the
 * values that somebody else overrides; the images that run are said by the releases of the chart.
 */
export function chartFiles(paths: readonly string[]): (path: string) => boolean {
  const charts = new Set(paths.filter((path) => /(?:^|\/)Chart\.yaml$/.test(path)).map(folderOf))
  return (path) => charts.size > 0 && foldersAbove(path).some((folder) => charts.has(folder))
}

function foldersAbove(path: string): readonly string[] {
  const steps = path.split('/')
  return steps.map((_, length) => steps.slice(0, length).join('/'))
}

function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/')
}
