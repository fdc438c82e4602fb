import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  isShipped,
  parseResult,
  renderScript,
  splitScript,
  verbs,
} from '../../../src/k3s/script.ts';
import { packageRoot } from '../../../src/package-root.ts';

const observe = { FL_OP: 'op-1', FL_UID: 'uid', FL_NODE: 'eu-s0-1', FL_CLUSTER: 'shop/eu' };
const joining = {
  ...observe,
  FL_SERVER_URL: 'https://172.31.0.4:6443',
  FL_CA_HASH: 'ab'.repeat(32),
  FL_AGENT_TOKEN_PARAMETER: '/fairlead/uid/agent/token',
};

describe('a rendered script', () => {
  it('begins with the shebang and fits an SSM document', () => {
    const text = renderScript('join-agent', joining);
    expect(text.startsWith('#!/bin/bash\n')).toBe(true);
    expect(Buffer.byteLength(text)).toBeLessThan(32_768);
  });

  it('comes apart into the same verb, parameters and shipped body', () => {
    const { verb, parameters, body } = splitScript(renderScript('join-agent', joining));
    expect(verb).toBe('join-agent');
    expect(parameters).toEqual(joining);
    expect(isShipped(body)).toBe(true);
    expect(isShipped(body.trimEnd())).toBe(true);
    expect(isShipped(`${body}:`)).toBe(false);
  });

  it('holds no double brace, which SSM would take for a parameter of the document', () => {
    const folder = join(packageRoot(), 'src/k3s/scripts');
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(texts.length).toBe(verbs.length + 2);
    expect(texts.filter((text) => /\{\{|\}\}/.test(text))).toEqual([]);
  });

  it('has a body of its own for every verb', () => {
    expect(verbs).toEqual([
      'stage',
      'init',
      'join-server',
      'join-agent',
      'observe',
      'publish-access',
      'drain',
      'uncordon',
      'leave-etcd',
      'delete-node',
      'snapshot',
      'stop',
      'restart',
      'check',
      'kube',
    ]);
  });

  it.each([
    ['FL_NODE', "a'; reboot; '"],
    ['FL_NODE', 'Upper'],
    ['FL_OP', 'a/b'],
    ['FL_OP', 'x'.repeat(101)],
    ['FL_CLUSTER', 'eu'],
    ['FL_CA_HASH', '$(id)'],
    ['FL_SERVER_URL', 'https://172.31.0.4:6443/\nrm'],
    ['FL_AGENT_TOKEN_PARAMETER', 'fairlead/uid'],
  ])('refuses %s = %j by name', (name, value) => {
    expect(() => renderScript('join-agent', { ...joining, [name]: value })).toThrow(
      new RegExp(`^${name} of the join-agent script is not a word of its kind`),
    );
  });

  it('names a parameter that is missing or unknown', () => {
    expect(() => renderScript('observe', { ...observe, FL_UID: '' })).toThrow(
      'FL_UID of the observe script is missing',
    );
    expect(() => renderScript('observe', { ...observe, FL_OTHER: 'x' })).toThrow(
      'FL_OTHER is not a parameter of the observe script',
    );
  });

  it('asks an agent for less than a server', () => {
    const agent = {
      ...observe,
      FL_ROLE: 'agent',
      FL_VERSION: 'v1.31.4+k3s1',
      FL_ARCH: 'arm64',
      FL_NODE_IP: '172.31.0.5',
    };
    expect(renderScript('stage', agent)).toContain("FL_CLUSTER_CIDR=''");
    expect(() => renderScript('stage', { ...agent, FL_ROLE: 'server' })).toThrow('FL_CLUSTER_CIDR');
  });
});

describe('splitting a text', () => {
  it.each([
    '',
    'echo hi',
    '#!/bin/bash\n# fairlead observe\nFL_OP=$(id)\n# --- end of parameters\n',
  ])('refuses %j', (text) => {
    expect(() => splitScript(text)).toThrow('no node script');
  });
});

describe('the last line of a script', () => {
  const line = '{"ok":true,"code":"ok","step":"done","opId":"op","node":"n"}';

  it('is read whatever was printed before it', () => {
    expect(parseResult(`noise\n${line}\n\n`)).toMatchObject({ ok: true, opId: 'op' });
  });

  it('is refused when it is cut or lacks a member', () => {
    expect(() => parseResult(line.slice(0, 30))).toThrow('is not JSON');
    expect(() => parseResult('')).toThrow('is not JSON');
    expect(() => parseResult('{"ok":true}')).toThrow(/not a script result: code/);
  });
});
