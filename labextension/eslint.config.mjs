import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['lib/**', 'node_modules/**', 'src/ui/types.ts'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}', 'test/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      '@typescript-eslint/naming-convention': [
        'error',
        { selector: 'interface', format: ['PascalCase'], custom: { regex: '^I[A-Z]', match: true } }
      ],
      eqeqeq: 'error',
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: 'Text is inserted as text.' },
        { property: 'outerHTML', message: 'Text is inserted as text.' },
        { property: 'insertAdjacentHTML', message: 'Text is inserted as text.' }
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]',
          message: 'Text is inserted as text; pages of users go into a closed frame.'
        }
      ]
    }
  },
  {
    // the UI has three hosts, so it knows none
    files: ['src/ui/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: ['@jupyterlab/*', '@lumino/*', '**/lab/*'] }] }
  },
  {
    files: ['build/**'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly' } }
  }
);
