import { useState } from 'preact/hooks';
import type { Methods } from '../page_data';
import { Card, Section } from './layout';
import { copyText } from './save';

function plainText(methods: Methods): string {
  const references = methods.references.map(
    (one) => `[${one.number}] ${one.text}${one.doi ? ` https://doi.org/${one.doi}` : ''}`,
  );
  return [...methods.paragraphs, references.join('\n')].filter(Boolean).join('\n\n') + '\n';
}

export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const [state, setState] = useState('');
  const copy = async () => {
    setState((await copyText(text())) ? 'Copied.' : 'The browser does not allow copying; select the text instead.');
    setTimeout(() => setState(''), 4000);
  };
  return (
    <span class="row screen-only">
      <button type="button" onClick={() => void copy()}>
        {label}
      </button>
      <span class="small soft" role="status">
        {state}
      </span>
    </span>
  );
}

export function MethodsSection({ methods }: { methods: Methods }) {
  if (methods.paragraphs.length === 0) return null;
  return (
    <Section
      id="methods"
      title="Methods"
      lead="What this run did, to copy into a paper. The same text is in methods.md."
    >
      <Card>
        <div class="stack prose">
          {methods.paragraphs.map((paragraph, i) => (
            <p key={i}>{paragraph}</p>
          ))}
        </div>
        {methods.references.length > 0 && (
          <ol class="references prose">
            {methods.references.map((one) => (
              <li key={one.number} value={one.number}>
                {one.text}
                {one.doi && (
                  <>
                    {' '}
                    <a href={`https://doi.org/${encodeURI(one.doi)}`} rel="noreferrer">
                      doi:{one.doi}
                    </a>
                  </>
                )}
              </li>
            ))}
          </ol>
        )}
        <CopyButton text={() => plainText(methods)} label="Copy methods and references" />
      </Card>
    </Section>
  );
}
