"""Who may call the gateway, by what they show: tokens, tickets, signed links, addresses."""
