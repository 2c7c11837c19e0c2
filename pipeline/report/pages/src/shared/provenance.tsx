import type { ComponentChildren } from 'preact';
import { type Column, DataTable } from './data_table';
import { plural } from './format';
import { Card, Fold, Pairs, Section } from './layout';

interface Input {
  path: string;
  sha256?: string;
  hmac_sha256?: string; // in its place while the trial is blinded
}

function hashInWords(input: Input): string {
  return input.sha256 ?? `keyed: ${input.hmac_sha256}`;
}

interface Option {
  name: string;
  value: string;
}

// {"group": {"scale": "linear"}} becomes "group.scale" = "linear".
export function flatOptions(options: Record<string, unknown>, before = ''): Option[] {
  return Object.entries(options).flatMap(([key, value]) => {
    const name = before + key;
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      return flatOptions(value as Record<string, unknown>, `${name}.`);
    return [{ name, value: typeof value === 'string' ? value : JSON.stringify(value) }];
  });
}

const inputColumns: Column<Input>[] = [
  { key: 'path', title: 'File', value: (input) => input.path, heading: true },
  { key: 'sha256', title: 'SHA-256', value: hashInWords, show: (input) => <code>{hashInWords(input)}</code> },
];

const optionColumns: Column<Option>[] = [
  { key: 'option', title: 'Option', value: (option) => option.name, heading: true },
  { key: 'value', title: 'Value', value: (option) => option.value, show: (option) => option.value || <i>empty</i> },
];

// Which program, which options, which files.
export function ProvenanceSection(props: {
  version: string;
  options: Record<string, unknown>;
  inputs: Input[];
  more?: [ComponentChildren, ComponentChildren][];
}) {
  const options = flatOptions(props.options);
  return (
    <Section
      id="provenance"
      title="Provenance"
      lead="What these results were made from, so that they can be made again."
    >
      <Card>
        <Pairs
          pairs={[
            ['Program', <>Wane {props.version}</>],
            ...(props.more ?? []),
            ['Options', `${options.length} values, all listed below and in the JSON report`],
            ['Input files', `${plural(props.inputs.length, 'file')}, each with its SHA-256`],
          ]}
        />
        <Fold title={`All options (${options.length})`} lazy>
          <DataTable label="All options" columns={optionColumns} rows={options} tall />
        </Fold>
        <Fold title={`All input files with their hashes (${props.inputs.length})`} lazy>
          <DataTable label="All input files" columns={inputColumns} rows={props.inputs} tall />
        </Fold>
      </Card>
    </Section>
  );
}
