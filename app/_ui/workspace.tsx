'use client';

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import type { Permission, RoleName } from '@/lib/access/permissions';
import { type Api, createApi } from './api';
import type { EnvironmentKind } from './chip';
import { goToSignIn } from './session';

export interface EnvironmentInfo {
  id: string;
  slug: string;
  name: string;
  kind: EnvironmentKind;
}

/** A source as the pages need it: where it is, never how to get in. */
export interface SourceInfo {
  id: string;
  name: string;
  type: string;
  typeLabel: string;
  transport: 'network' | 'file';
  environment: EnvironmentInfo;
  target: string;
  /** Name of the sample database that came with the installation, if it is one. */
  sample: string | null;
}

/** What every page of an organisation's workspace knows. No secret is in here: it is sent to the browser. */
export interface WorkspaceData {
  organization: { slug: string; name: string };
  organizations: { slug: string; name: string }[];
  person: { name: string; email: string };
  role: RoleName;
  permissions: Permission[];
  environments: EnvironmentInfo[];
  sources: SourceInfo[];
  /** Who answers questions first; null: the built-in planner. */
  model: { provider: string | null; model: string | null };
}

interface WorkspaceValue extends WorkspaceData {
  api: Api;
  can(permission: Permission): boolean;
  /** A path inside this organisation: `path('/ask')`. */
  path(rest: string): string;
}

const WorkspaceContext = createContext<WorkspaceValue | null>(null);

interface EnvironmentValue {
  current: EnvironmentInfo | null;
  setCurrent(environment: EnvironmentInfo | null): void;
}

const CurrentEnvironment = createContext<EnvironmentValue>({ current: null, setCurrent: () => undefined });

export function WorkspaceProvider({ data, children }: { data: WorkspaceData; children: ReactNode }) {
  const [current, setCurrent] = useState<EnvironmentInfo | null>(null);
  const value = useMemo<WorkspaceValue>(() => {
    const permissions = new Set(data.permissions);
    return {
      ...data,
      api: createApi(data.organization.slug, goToSignIn),
      can: (permission) => permissions.has(permission),
      path: (rest) => `/${data.organization.slug}${rest}`,
    };
  }, [data]);
  const environment = useMemo(() => ({ current, setCurrent }), [current]);
  return (
    <WorkspaceContext.Provider value={value}>
      <CurrentEnvironment.Provider value={environment}>{children}</CurrentEnvironment.Provider>
    </WorkspaceContext.Provider>
  );
}

export function useWorkspace(): WorkspaceValue {
  const value = useContext(WorkspaceContext);
  if (!value) throw new Error('useWorkspace stands outside of a workspace.');
  return value;
}

/** The environment of what is open now; it colours the frame. */
export function useCurrentEnvironment(): EnvironmentInfo | null {
  return useContext(CurrentEnvironment).current;
}

/** Colours the frame with this environment for as long as the caller is on the page. */
export function useEnvironmentOnFrame(environment: EnvironmentInfo | null): void {
  const { setCurrent } = useContext(CurrentEnvironment);
  const show = useCallback(() => setCurrent(environment), [environment, setCurrent]);
  useEffect(() => {
    show();
    return () => setCurrent(null);
  }, [show, setCurrent]);
}
