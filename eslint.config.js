// Lint rules: strict types everywhere, and the two inner rings kept away from clock, chance and world.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const CLOCK = 'Time comes in by the Clock port or with the event.';
const RANDOM = 'Chance comes in by the Random port or with the event.';
const TELEMETRY = 'Report through the Telemetry port; machines describe, hosts log.';
const WORLD = 'Describe an effect; an adapter in src/ performs it behind a port.';

const bannedGlobals = [
  ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate'],
  ...['clearTimeout', 'clearInterval', 'clearImmediate'],
]
  .map((name) => ({ name, message: CLOCK }))
  .concat([{ name: 'crypto', message: RANDOM }])
  .concat([{ name: 'console', message: TELEMETRY }])
  .concat(
    ['process', 'fetch', 'Buffer', 'WebSocket', 'require', 'globalThis', 'global'].map((name) => ({
      name,
      message: WORLD,
    })),
  );

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.fairlead/', 'coverage/', 'test/artifacts/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' },
      ],
      // A type alias and an interface each read better somewhere; xstate's contexts need the alias.
      '@typescript-eslint/consistent-type-definitions': 'off',
      'max-lines': ['warn', { max: 300, skipBlankLines: false, skipComments: false }],
      complexity: ['warn', 15],
    },
  },
  {
    files: ['machines/**/*.ts', 'actors/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...bannedGlobals],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: RANDOM },
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*', '@aws-sdk/*', '@smithy/*', '@nats-io/*', 'pino'], message: WORLD },
            { group: ['**/src/**'], message: 'Arrows point inward: ask through a port.' },
          ],
        },
      ],
    },
  },
  {
    files: ['src/inspector/page/**/*.ts', 'src/inspector/page/**/*.tsx'],
    rules: {
      // The page's security policy forbids them; the browser would refuse at run time.
      'no-restricted-syntax': [
        'error',
        ...['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'dangerouslySetInnerHTML'].map(
          (name) => ({
            selector: `:matches(MemberExpression > Identifier, JSXIdentifier)[name='${name}']`,
            message: 'Trusted Types: make elements, never markup.',
          }),
        ),
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Matchers such as expect.any() are typed any by vitest; fakes satisfy async ports without awaiting.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
      complexity: 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: { process: 'readonly', module: 'writable', URL: 'readonly', console: 'readonly' },
    },
  },
);
