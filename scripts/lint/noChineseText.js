const chinese = /[\u3400-\u9fff\uf900-\ufaff]/

/**
 * Chinese words live in src/messages, the glossary, content files and tests. Comments may quote a word of the glossary;
 * strings, templates and patterns may not hold any.
 * @type {import('eslint').Rule.RuleModule}
 */
export const noChineseText = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { chinese: 'Chinese words live in src/messages: move "{{text}}" there.' },
  },
  create(context) {
    const look = (/** @type {any} */ node, /** @type {unknown} */ text) => {
      if (typeof text !== 'string' || !chinese.test(text)) return
      context.report({ node, messageId: 'chinese', data: { text: text.trim().slice(0, 20) } })
    }
    const inScript = {
      Literal: (/** @type {any} */ node) => look(node, node.regex?.pattern ?? node.value),
      TemplateElement: (/** @type {any} */ node) => look(node, node.value.raw),
    }
    const inTemplate = {
      ...inScript,
      VText: (/** @type {any} */ node) => look(node, node.value),
      VLiteral: (/** @type {any} */ node) => look(node, node.value),
    }
    const services = /** @type {any} */ (context.sourceCode.parserServices)
    return services.defineTemplateBodyVisitor?.(inTemplate, inScript) ?? inScript
  },
}
