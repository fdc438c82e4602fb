/** Reads Prometheus text strictly: a line that is neither comment nor sample is an error. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function samplesIn(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      // The library spells a mean of nothing `Nan`; Prometheus reads it in any case.
      const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([-+.\deE]+|N[aA][nN]|[-+]Inf)$/.exec(line);
      const [, name = '', labels = '', value = ''] = found ?? [];
      if (name === '') throw new Error(`not a sample: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
      const named = Object.fromEntries(pairs.map(([, key = '', is = '']) => [key, is]));
      return { name, labels: named, value: Number(value.replace('Inf', 'Infinity')) };
    });
}
