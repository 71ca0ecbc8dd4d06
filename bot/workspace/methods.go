package workspace

// methods is the whole Web API of the workspace. Scopes that depend on the channel are asked for by the method itself.
var methods map[string]method

// The map is filled here, and not where it is declared, because methods use helpers that look at it.
func init() {
	methods = map[string]method{
		"api.test":                     {run: apiTest},
		"apps.connections.open":        {token: appToken, tier: 3, run: connectionsOpen},
		"auth.test":                    {token: eitherToken, run: authTest},
		"chat.postMessage":             {token: botToken, scopes: []string{"chat:write"}, run: postMessage},
		"files.getUploadURLExternal":   {token: botToken, scopes: []string{"files:write"}, tier: 4, run: getUploadURL},
		"files.completeUploadExternal": {token: botToken, scopes: []string{"files:write"}, tier: 4, run: completeUpload},
		"files.info":                   {token: botToken, scopes: []string{"files:read"}, tier: 4, run: filesInfo},
		"files.delete":                 {token: botToken, scopes: []string{"files:write"}, tier: 3, run: filesDelete},
		"views.open":                   {token: botToken, tier: 4, run: viewsOpen},
		"views.push":                   {token: botToken, tier: 4, run: viewsPush},
		"views.update":                 {token: botToken, tier: 4, run: viewsUpdate},
		"views.publish":                {token: botToken, tier: 4, run: viewsPublish},
	}
}
