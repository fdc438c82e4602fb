/** Colours and type of a standalone drawing, light and dark. */

export type Theme = 'light' | 'dark' | 'auto';

const tokens = {
  light: {
    ...{ bg: '#f7f8fa', panel: '#ffffff', inset: '#f4f5f9', ink: '#1a1f2b', muted: '#565e70' },
    ...{ line: '#d5d9e2', edge: '#8b93a7', accent: '#0f766e', accentBg: '#d9f3ef' },
    ...{ error: '#b42318', after: '#92400e', taken: '#7c3aed' },
  },
  dark: {
    ...{ bg: '#0e1116', panel: '#151a22', inset: '#1a202a', ink: '#e6eaf2', muted: '#a3adbf' },
    ...{ line: '#2b3341', edge: '#5d687d', accent: '#2dd4bf', accentBg: '#10332f' },
    ...{ error: '#f97066', after: '#f5a524', taken: '#b794f6' },
  },
} as const;

const variablesOf = (theme: 'light' | 'dark'): string =>
  `svg{${Object.entries(tokens[theme])
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')}}`;

const rules = `
text{font-family:Inter,"DejaVu Sans",system-ui,sans-serif;fill:var(--ink)}
.bg{fill:var(--bg)}
.box{fill:var(--panel);stroke:var(--line)}
.outer.odd>.box{fill:var(--inset)}
.region>.box{stroke-dasharray:5 4}
.under{fill:var(--inset);stroke:var(--line)}
.moved>.box{stroke:var(--taken);stroke-width:2.2}
.row.inside{fill:var(--accent);font-weight:600}
.final,.rule{fill:none;stroke:var(--line)}
.alert>.box{stroke:var(--error)}
.entered>.box{stroke:var(--accent);stroke-width:1.6}
.active>.box{fill:var(--accentBg);stroke:var(--accent);stroke-width:2}
.dot,.initial{fill:var(--accent)}.initial{fill:var(--muted)}
.name{font-weight:600;font-size:13px}
.mid{text-anchor:middle}
.tag{fill:var(--bg);stroke:var(--line)}.tagtext{font-size:9.5px;fill:var(--muted)}
.row{font:11px "DejaVu Sans Mono",ui-monospace,monospace;fill:var(--muted)}
.row .tail{fill:var(--ink)}
.row.portal .tail{fill:var(--accent);font-weight:600}
.row.k-error,.row.k-error .tail{fill:var(--error)}.row.k-after{fill:var(--after)}.row.k-command{fill:var(--ink)}
.row.taken,.row.taken .tail{fill:var(--taken)}
.edge{fill:none;stroke:var(--edge);stroke-width:1.4}
.edge.error{stroke:var(--error)}.edge.taken{stroke:var(--taken);stroke-width:2.2}
.flow{fill:none;stroke:var(--edge);stroke-width:1.2;stroke-dasharray:2 4}
.head path{fill:var(--edge)}.head.error path{fill:var(--error)}.head.taken path{fill:var(--taken)}
.pill rect{fill:var(--panel);stroke:var(--line)}
.event{font-weight:600;font-size:11px}.guard{font-size:10.5px;fill:var(--muted)}
.action{font:10px "DejaVu Sans Mono",ui-monospace,monospace;fill:var(--muted)}
.k-done .event,.k-always .event{fill:var(--muted)}.k-error .event{fill:var(--error)}.k-after .event{fill:var(--after)}
.k-command rect{stroke:var(--accent)}
.pill.taken rect{stroke:var(--taken)}.pill.taken .event{fill:var(--taken)}
`.trim();

export function svgStyle(theme: Theme): string {
  const own = variablesOf(theme === 'dark' ? 'dark' : 'light');
  const other =
    theme === 'auto' ? `@media (prefers-color-scheme:dark){${variablesOf('dark')}}` : '';
  return `\n${own}${other}\n${rules}\n`;
}
