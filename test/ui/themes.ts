// The theme variables that a webview sees, for pages that are opened without VS Code: those of its default themes that
// our style sheets use, and the colours that package.json contributes.

import { readFileSync } from 'node:fs';
import { inRepository } from '../repository';

export type ThemeName = 'dark' | 'light' | 'highContrast' | 'highContrastLight';

const fonts = {
  'font-family': '"DejaVu Sans", sans-serif',
  'font-size': '13px',
  'editor-font-family': '"DejaVu Sans Mono", monospace',
};

const variables: Readonly<Record<ThemeName, Readonly<Record<string, string>>>> = {
  dark: {
    'editor-background': '#1f1f1f',
    'editor-foreground': '#cccccc',
    foreground: '#cccccc',
    descriptionForeground: '#9d9d9d',
    focusBorder: '#0078d4',
    'editorLineNumber-foreground': '#6e7681',
    'widget-border': '#313131',
    'widget-shadow': 'rgba(0, 0, 0, 0.36)',
    'editorWidget-background': '#202020',
    'editorWidget-border': '#454545',
    'badge-background': '#616161',
    'badge-foreground': '#f8f8f8',
    'button-background': '#0078d4',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#026ec1',
    'button-secondaryBackground': '#313131',
    'button-secondaryForeground': '#cccccc',
    'button-secondaryHoverBackground': '#3c3c3c',
    'toolbar-hoverBackground': 'rgba(90, 93, 94, 0.31)',
    'icon-foreground': '#cccccc',
    'input-background': '#313131',
    'input-foreground': '#cccccc',
    'input-placeholderForeground': '#989898',
    'checkbox-background': '#313131',
    'checkbox-border': '#3c3c3c',
    'checkbox-foreground': '#cccccc',
    'textLink-foreground': '#4daafc',
    'textLink-activeForeground': '#4daafc',
    'list-inactiveSelectionBackground': '#37373d',
  },
  light: {
    'editor-background': '#ffffff',
    'editor-foreground': '#3b3b3b',
    foreground: '#3b3b3b',
    descriptionForeground: '#3b3b3b',
    focusBorder: '#005fb8',
    'editorLineNumber-foreground': '#6e7681',
    'widget-border': '#e5e5e5',
    'widget-shadow': 'rgba(0, 0, 0, 0.16)',
    'editorWidget-background': '#f8f8f8',
    'editorWidget-border': '#c8c8c8',
    'badge-background': '#cccccc',
    'badge-foreground': '#3b3b3b',
    'button-background': '#005fb8',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#0258a8',
    'button-secondaryBackground': '#e5e5e5',
    'button-secondaryForeground': '#3b3b3b',
    'button-secondaryHoverBackground': '#cccccc',
    'toolbar-hoverBackground': 'rgba(184, 184, 184, 0.31)',
    'icon-foreground': '#3b3b3b',
    'input-background': '#ffffff',
    'input-border': '#cecece',
    'input-foreground': '#3b3b3b',
    'input-placeholderForeground': '#767676',
    'checkbox-background': '#f8f8f8',
    'checkbox-border': '#cecece',
    'checkbox-foreground': '#3b3b3b',
    'textLink-foreground': '#005fb8',
    'textLink-activeForeground': '#005fb8',
    'list-inactiveSelectionBackground': '#e4e6f1',
  },
  highContrast: {
    'editor-background': '#000000',
    'editor-foreground': '#ffffff',
    foreground: '#ffffff',
    descriptionForeground: 'rgba(255, 255, 255, 0.7)',
    focusBorder: '#f38518',
    contrastBorder: '#6fc3df',
    contrastActiveBorder: '#f38518',
    'editorLineNumber-foreground': '#ffffff',
    'editorWidget-background': '#0c141f',
    'editorWidget-border': '#6fc3df',
    'badge-background': '#000000',
    'badge-foreground': '#ffffff',
    'button-foreground': '#ffffff',
    'button-border': '#6fc3df',
    'button-secondaryForeground': '#ffffff',
    'icon-foreground': '#ffffff',
    'input-background': '#000000',
    'input-border': '#6fc3df',
    'input-foreground': '#ffffff',
    'input-placeholderForeground': 'rgba(255, 255, 255, 0.7)',
    'checkbox-background': '#000000',
    'checkbox-border': '#6fc3df',
    'checkbox-foreground': '#ffffff',
    'textLink-foreground': '#21a6ff',
    'textLink-activeForeground': '#21a6ff',
  },
  highContrastLight: {
    'editor-background': '#ffffff',
    'editor-foreground': '#292929',
    foreground: '#292929',
    descriptionForeground: 'rgba(41, 41, 41, 0.7)',
    focusBorder: '#006bbd',
    contrastBorder: '#0f4a85',
    contrastActiveBorder: '#006bbd',
    'editorLineNumber-foreground': '#292929',
    'editorWidget-background': '#ffffff',
    'editorWidget-border': '#0f4a85',
    'badge-background': '#0f4a85',
    'badge-foreground': '#ffffff',
    'button-background': '#0f4a85',
    'button-foreground': '#ffffff',
    'button-secondaryBackground': '#ffffff',
    'button-secondaryForeground': '#292929',
    'icon-foreground': '#292929',
    'input-background': '#ffffff',
    'input-border': '#0f4a85',
    'input-foreground': '#292929',
    'input-placeholderForeground': 'rgba(41, 41, 41, 0.7)',
    'checkbox-background': '#ffffff',
    'checkbox-border': '#0f4a85',
    'checkbox-foreground': '#292929',
    'textLink-foreground': '#0f4a85',
    'textLink-activeForeground': '#0f4a85',
  },
};

/** The class that VS Code gives a webview's body. */
export function themeClass(theme: ThemeName): string {
  return {
    dark: 'vscode-dark',
    light: 'vscode-light',
    highContrast: 'vscode-high-contrast',
    highContrastLight: 'vscode-high-contrast vscode-high-contrast-light',
  }[theme];
}

/** Variables without their prefix `--vscode-`. */
export function themeVariables(theme: ThemeName): Readonly<Record<string, string>> {
  const manifest = JSON.parse(readFileSync(inRepository('package.json'), 'utf8')) as {
    contributes: { colors: { id: string; defaults: Record<ThemeName, string> }[] };
  };
  const contributed = manifest.contributes.colors.map(({ id, defaults }) => [id.replaceAll('.', '-'), defaults[theme]]);
  return { ...fonts, ...variables[theme], ...(Object.fromEntries(contributed) as Record<string, string>) };
}
