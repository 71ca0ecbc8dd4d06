package workspace

// methods is the whole Web API of the workspace. Scopes that depend on the channel are asked for by the method itself.
var methods map[string]method

// The map is filled here, and not where it is declared, because methods use helpers that look at it.
func init() {
	methods = map[string]method{
		"api.test":              {run: apiTest},
		"apps.connections.open": {token: appToken, tier: 3, run: connectionsOpen},
		"auth.test":             {token: eitherToken, run: authTest},
		"chat.postMessage":      {token: botToken, scopes: []string{"chat:write"}, run: postMessage},
	}
}
