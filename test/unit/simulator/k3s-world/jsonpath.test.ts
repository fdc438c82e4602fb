import { expect, it } from 'vitest';
import { evaluateJsonPath } from '../../../../src/simulator/k3s-world/jsonpath.ts';

const nodes = {
  items: [
    {
      metadata: { name: 'a', labels: { 'x.io/role': 'true' } },
      status: [{ type: 'Ready', status: 'True' }],
    },
    { metadata: { name: 'b', labels: {} }, status: [{ type: 'Other', status: 'False' }] },
  ],
};

it('walks a list with filters, escaped dots and literals', () => {
  const template =
    '{range .items[*]}{.metadata.name}|{.status[?(@.type=="Ready")].status}|{.metadata.labels.x\\.io/role}{"\\n"}{end}';
  expect(evaluateJsonPath(template, nodes)).toBe('a|True|true\nb||\n');
});

it('joins several values with blanks, as kubectl does', () => {
  expect(evaluateJsonPath('{.items[*].metadata.name}', nodes)).toBe('a b');
});

it('refuses a path it does not know', () => {
  expect(() => evaluateJsonPath('{.items[0]}', nodes)).toThrow('error parsing jsonpath');
});
