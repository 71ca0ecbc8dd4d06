package workspace

// methods is the whole Web API of the workspace. Tiers are those of Slack's documentation; 0 means that Slack has a rule
// of its own there (messages: one a second and channel) or none. Scopes that depend on the kind of channel are in
// channelScopes.
var methods map[string]method

// The map is filled here, and not where it is declared, because methods look at it.
func init() {
	methods = map[string]method{
		"api.test":              {run: apiTest},
		"apps.connections.open": {token: appToken, tier: 3, run: connectionsOpen},
		"auth.test":             {token: eitherToken, run: authTest},
		"bots.info":             {token: botToken, scopes: []string{"users:read"}, tier: 3, run: botsInfo},

		"chat.delete":        {token: botToken, scopes: []string{"chat:write"}, tier: 3, run: chatDelete},
		"chat.getPermalink":  {token: botToken, run: chatGetPermalink},
		"chat.postEphemeral": {token: botToken, scopes: []string{"chat:write"}, tier: 4, run: postEphemeral},
		"chat.postMessage":   {token: botToken, scopes: []string{"chat:write"}, run: postMessage},
		"chat.update":        {token: botToken, scopes: []string{"chat:write"}, tier: 3, run: chatUpdate},

		"conversations.history": {token: botToken, tier: 3, run: conversationsHistory},
		"conversations.info":    {token: botToken, tier: 3, run: conversationsInfo},
		"conversations.join":    {token: botToken, scopes: []string{"channels:join"}, tier: 3, run: conversationsJoin},
		"conversations.list":    {token: botToken, tier: 2, run: conversationsList},
		"conversations.members": {token: botToken, tier: 4, run: conversationsMembers},
		"conversations.open":    {token: botToken, scopes: []string{"im:write"}, tier: 3, run: conversationsOpen},
		"conversations.replies": {token: botToken, tier: 3, run: conversationsReplies},

		"files.completeUploadExternal": {token: botToken, scopes: []string{"files:write"}, tier: 4, run: completeUpload},
		"files.delete":                 {token: botToken, scopes: []string{"files:write"}, tier: 3, run: filesDelete},
		"files.getUploadURLExternal":   {token: botToken, scopes: []string{"files:write"}, tier: 4, run: getUploadURL},
		"files.info":                   {token: botToken, scopes: []string{"files:read"}, tier: 4, run: filesInfo},

		"reactions.add":    {token: botToken, scopes: []string{"reactions:write"}, tier: 3, run: reactionsAdd},
		"reactions.remove": {token: botToken, scopes: []string{"reactions:write"}, tier: 2, run: reactionsRemove},
		"team.info":        {token: botToken, scopes: []string{"team:read"}, tier: 3, run: teamInfo},

		"usergroups.list":       {token: botToken, scopes: []string{"usergroups:read"}, tier: 2, run: usergroupsList},
		"usergroups.users.list": {token: botToken, scopes: []string{"usergroups:read"}, tier: 2, run: usergroupsUsersList},
		"users.conversations":   {token: botToken, tier: 3, run: usersConversations},
		"users.info":            {token: botToken, scopes: []string{"users:read"}, tier: 4, run: usersInfo},
		"users.list":            {token: botToken, scopes: []string{"users:read"}, tier: 2, run: usersList},
		"users.lookupByEmail":   {token: botToken, scopes: []string{"users:read.email"}, tier: 3, run: usersLookupByEmail},

		"views.open":    {token: botToken, tier: 4, run: viewsOpen},
		"views.publish": {token: botToken, tier: 4, run: viewsPublish},
		"views.push":    {token: botToken, tier: 4, run: viewsPush},
		"views.update":  {token: botToken, tier: 4, run: viewsUpdate},
	}
}
