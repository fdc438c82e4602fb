/** A form made of a JSON Schema. Values are plain JSON; what is not filled in is not there. */
import { useId, useState } from 'preact/hooks';
import { shortJson } from '../json.ts';
import { boundsText, fieldKind, resolved } from './schema.ts';
import type { Schema, Values } from './schema.ts';

interface FormProps {
  readonly schema: Schema;
  readonly values: Values;
  readonly onChange: (values: Values) => void;
  /** Fields left out, as those asked for elsewhere. */
  readonly without?: readonly string[];
}

export function SchemaForm({ schema, values, onChange, without = [] }: FormProps) {
  const fields = Object.entries(schema.properties ?? {}).filter(
    ([name]) => !without.includes(name),
  );
  if (fields.length === 0) return <p class="muted">It takes no arguments.</p>;
  return (
    <div class="form">
      {fields.map(([name, field]) => (
        <Field
          key={name}
          name={name}
          schema={resolved(field, schema)}
          isNeeded={schema.required?.includes(name) === true && field.default === undefined}
          value={values[name]}
          onChange={(value) => onChange({ ...values, [name]: value })}
        />
      ))}
    </div>
  );
}

interface FieldProps {
  readonly name: string;
  readonly schema: Schema;
  readonly isNeeded: boolean;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

function Field(props: FieldProps) {
  const { name, schema, isNeeded } = props;
  const id = useId();
  const kind = fieldKind(schema);
  if (kind === 'object')
    return (
      <fieldset class="field-group">
        <legend>{name}</legend>
        <SchemaForm
          schema={schema}
          values={(props.value ?? {}) as Values}
          onChange={(value) => props.onChange(Object.keys(value).length === 0 ? undefined : value)}
        />
      </fieldset>
    );
  const hint = [schema.description, boundsText(schema)].filter(Boolean).join(' · ');
  return (
    <div class={`field ${kind}`}>
      <label for={id}>
        {name}
        {isNeeded && <span class="needed"> needed</span>}
      </label>
      <Input {...props} id={id} kind={kind} />
      {hint !== '' && <small class="muted">{hint}</small>}
    </div>
  );
}

type InputProps = FieldProps & { readonly id: string; readonly kind: ReturnType<typeof fieldKind> };

function Input({ id, kind, schema, isNeeded, value, onChange }: InputProps) {
  const placeholder =
    schema.default === undefined ? '' : shortJson(schema.default).replaceAll('"', '');
  switch (kind) {
    case 'choice':
      return (
        <select
          id={id}
          value={value === undefined ? '' : JSON.stringify(value)}
          onChange={({ currentTarget }) =>
            onChange(currentTarget.value === '' ? undefined : JSON.parse(currentTarget.value))
          }
        >
          <option value="">{placeholder === '' ? 'choose' : `${placeholder} (default)`}</option>
          {schema.enum?.map((each) => (
            <option key={String(each)} value={JSON.stringify(each)}>
              {String(each)}
            </option>
          ))}
        </select>
      );
    case 'switch':
      return (
        <input
          id={id}
          type="checkbox"
          checked={(value ?? schema.default) === true}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
      );
    case 'number':
      return (
        <input
          id={id}
          type="number"
          required={isNeeded}
          min={schema.minimum}
          max={schema.maximum}
          step={schema.type === 'integer' ? 1 : 'any'}
          placeholder={placeholder}
          value={typeof value === 'number' ? value : ''}
          onInput={({ currentTarget }) =>
            onChange(currentTarget.value === '' ? undefined : currentTarget.valueAsNumber)
          }
        />
      );
    case 'text':
      return (
        <input
          id={id}
          type="text"
          required={isNeeded}
          maxLength={schema.maxLength}
          placeholder={placeholder}
          value={typeof value === 'string' ? value : ''}
          onInput={({ currentTarget }) =>
            onChange(currentTarget.value === '' ? undefined : currentTarget.value)
          }
        />
      );
    case 'object':
    case 'json':
      return <JsonInput id={id} value={value} onChange={onChange} />;
  }
}

function JsonInput({ id, value, onChange }: Pick<InputProps, 'id' | 'value' | 'onChange'>) {
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 2));
  const [problem, setProblem] = useState('');
  return (
    <>
      <textarea
        id={id}
        class="mono"
        rows={6}
        spellcheck={false}
        placeholder="JSON"
        aria-invalid={problem !== ''}
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          try {
            onChange(
              currentTarget.value.trim() === '' ? undefined : JSON.parse(currentTarget.value),
            );
            setProblem('');
          } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
          }
        }}
      />
      {problem !== '' && <small class="needed">No JSON yet: {problem}</small>}
    </>
  );
}
