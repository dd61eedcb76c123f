/**
 * `<script src>` in a .vue file is an import that the import rules cannot see.
 * @type {import('eslint').Rule.RuleModule}
 */
export const noScriptSource = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { source: 'Write the script in place: the import rules cannot follow <script src>.' },
  },
  create(context) {
    const services = /** @type {any} */ (context.sourceCode.parserServices)
    const fragment = services.getDocumentFragment?.()
    return {
      Program() {
        for (const element of fragment?.children ?? []) {
          if (element.name !== 'script') continue
          const source = element.startTag.attributes.find(
            (/** @type {any} */ attribute) => attribute.key.name === 'src',
          )
          if (source) context.report({ loc: source.loc, messageId: 'source' })
        }
      },
    }
  },
}
