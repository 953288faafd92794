'use client';

import { useRouter } from 'next/navigation';
import { Monogram } from '../mark';
import { Menu, MenuCheck, MenuContent, MenuLabel, MenuTrigger } from '../menu';
import { Hint } from '../tooltip';
import { useWorkspace } from '../workspace';

export function OrganizationMenu() {
  const { organization, organizations } = useWorkspace();
  const router = useRouter();
  return (
    <Menu>
      <Hint text={organization.name} side="right">
        <MenuTrigger
          aria-label={`Organisation ${organization.name}. Switch`}
          className="grid size-9 place-items-center rounded-md hover:bg-hover"
        >
          <Monogram name={organization.name} />
        </MenuTrigger>
      </Hint>
      <MenuContent side="right" align="start">
        <MenuLabel>Organisations</MenuLabel>
        {organizations.map((item) => (
          <MenuCheck
            key={item.slug}
            checked={item.slug === organization.slug}
            onSelect={() => {
              if (item.slug !== organization.slug) router.push(`/${item.slug}/ask`);
            }}
          >
            <Monogram name={item.name} className="size-5! text-[9px]!" />
            <span className="truncate">{item.name}</span>
          </MenuCheck>
        ))}
      </MenuContent>
    </Menu>
  );
}
