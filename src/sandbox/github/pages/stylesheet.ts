export const stylesheet = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1f2328, #e6edf3);
  --quiet: light-dark(#59636e, #9198a1);
  --ground: light-dark(#ffffff, #0d1117);
  --raised: light-dark(#f6f8fa, #151b23);
  --line: light-dark(#d1d9e0, #3d444d);
  --link: light-dark(#0969da, #4493f8);
  --good: light-dark(#1a7f37, #3fb950);
  --bad: light-dark(#cf222e, #f85149);
  --busy: light-dark(#9a6700, #d29922);
  --done: light-dark(#8250df, #ab7df8);
  --added: light-dark(#dafbe1, #12261e);
  --removed: light-dark(#ffebe9, #301a1f);
  --hunk: light-dark(#ddf4ff, #121d2f);
}
* { box-sizing: border-box }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground) }
header { background: var(--raised); border-bottom: 1px solid var(--line) }
nav, main { max-width: 1080px; margin: 0 auto; padding: 12px 24px }
main { padding-bottom: 64px }
nav { display: flex; gap: 8px; align-items: baseline }
nav span { color: var(--quiet) }
.home { font-weight: 600; color: var(--text) }
a { color: var(--link); text-decoration: none }
a:hover { text-decoration: underline }
h1 { font-size: 26px; font-weight: 500; line-height: 1.25; margin: 16px 0 8px }
h1 .number { color: var(--quiet); font-weight: 300 }
h2 { font-size: 17px; font-weight: 600; margin: 32px 0 8px }
p { margin: 0 0 10px }
code, pre, .mono { font: 12.5px/1.5 ui-monospace, 'DejaVu Sans Mono', monospace }
:not(pre) > code { background: var(--raised); padding: 2px 5px; border-radius: 5px }
.quiet { color: var(--quiet) }
.good { color: var(--good) } .bad { color: var(--bad) } .busy { color: var(--busy) } .neutral { color: var(--quiet) }
.badge { display: inline-block; padding: 2px 10px; border-radius: 99px; font-size: 13px; font-weight: 500 }
.badge.open { background: var(--good) } .badge.closed { background: var(--bad) }
.badge.merged { background: var(--done) } .badge.draft { background: var(--quiet) }
.badge.open, .badge.closed, .badge.merged, .badge.draft { color: var(--ground) }
.label { border: 1px solid var(--line); color: var(--text); margin-right: 4px }
.facts { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 16px }
.card { border: 1px solid var(--line); border-radius: 8px; margin: 0 0 16px; overflow: hidden }
.card > .head { background: var(--raised); border-bottom: 1px solid var(--line); padding: 7px 14px; display: flex; gap: 10px; align-items: center; justify-content: space-between; margin: 0 }
.card > .head:last-child { border-bottom: 0 }
.card > .text { padding: 12px 14px }
.text > :last-child { margin-bottom: 0 }
.text h1, .text h2, .text h3 { font-size: 16px; font-weight: 600; margin: 14px 0 6px }
.text > :first-child { margin-top: 0 }
.text pre { background: var(--raised); padding: 10px 12px; border-radius: 6px; overflow-x: auto; margin: 0 0 10px }
.text pre .line { display: block; margin: 0 -12px; padding: 0 12px; min-height: 1.5em }
.text pre .added { background: var(--added) } .text pre .removed { background: var(--removed) }
.text pre .hunk { background: var(--hunk); color: var(--quiet) }
.text details { margin-bottom: 10px }
.text table { border-collapse: collapse; margin-bottom: 10px }
td code { white-space: nowrap }
.card > .text { overflow-x: auto }
.text th, .text td { border: 1px solid var(--line); padding: 4px 10px; text-align: left }
.text blockquote { margin: 0 0 10px; padding-left: 12px; border-left: 3px solid var(--line); color: var(--quiet) }
.reactions { padding: 0 14px 12px; display: flex; gap: 6px }
.reaction { border: 1px solid var(--line); border-radius: 99px; padding: 0 9px; font-size: 13px }
.event { color: var(--quiet); padding: 0 14px; margin: 0 0 16px }
.rows { list-style: none; margin: 0; padding: 0 }
.rows > li { padding: 8px 14px; border-top: 1px solid var(--line); display: flex; gap: 10px; align-items: baseline }
.rows > li:first-child { border-top: 0 }
.rows .end { margin-left: auto; text-align: right; white-space: nowrap }
.rows details { flex: 1 }
.mark { display: inline-block; width: 18px; text-align: center; font-weight: 700 }
summary { cursor: pointer }
details .text, details pre { margin: 8px 0 4px }
.tree, .tree ul { list-style: none; margin: 0; padding-left: 20px }
.tree { padding: 10px 14px }
.tree li { padding: 1px 0 }
.scroll { overflow-x: auto }
table.lines { border-collapse: collapse; width: 100%; font: 12.5px/1.6 ui-monospace, 'DejaVu Sans Mono', monospace }
table.lines td { padding: 0 10px; white-space: pre; vertical-align: top }
table.lines td.at { color: var(--quiet); text-align: right; width: 1%; user-select: none }
tr.added { background: var(--added) } tr.removed { background: var(--removed) } tr.hunk { background: var(--hunk); color: var(--quiet) }
.lines .sign { width: 1%; padding-right: 0 }
`
