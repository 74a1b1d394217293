#include "candidates.h"

#include <string.h>

/* libnice writes `a=candidate:...`. */
json_t *candidate_text(NiceCandidate *candidate)
{
    gchar *line = nice_agent_generate_local_candidate_sdp(agent, candidate);
    json_t *text = json_string(line + strlen("a="));
    g_free(line);
    return text;
}

json_t *description(void)
{
    gchar *ufrag = NULL, *password = NULL;
    nice_agent_get_local_credentials(agent, stream, &ufrag, &password);
    json_t *candidates = json_array();
    GSList *found = trickle && !gathered ? NULL : nice_agent_get_local_candidates(agent, stream, COMPONENT);
    for (GSList *one = found; one; one = one->next)
        json_array_append_new(candidates, candidate_text(one->data));
    g_slist_free_full(found, (GDestroyNotify)nice_candidate_free);
    json_t *made = json_pack("{s:s*, s:s*, s:o}", "ufrag", ufrag, "password", password, "candidates", candidates);
    if (lite)
        json_object_set_new(made, "lite", json_true());
    if (trickle)
        json_object_set_new(made, "options", json_pack("[s]", "trickle"));
    g_free(ufrag);
    g_free(password);
    return made;
}

/* Adds candidates of the other side; gives the first that libnice cannot read, or NULL. */
const char *add_candidates(const json_t *texts)
{
    GSList *list = NULL;
    const char *unread = NULL;
    size_t index;
    json_t *text;
    json_array_foreach(texts, index, text)
    {
        gchar *line = g_strconcat("a=", json_string_value(text), NULL);
        NiceCandidate *candidate = nice_agent_parse_remote_candidate_sdp(agent, stream, line);
        if (candidate)
            list = g_slist_append(list, candidate);
        else if (!unread)
            unread = json_string_value(text);
        g_free(line);
    }
    nice_agent_set_remote_candidates(agent, stream, COMPONENT, list);
    g_slist_free_full(list, (GDestroyNotify)nice_candidate_free);
    return unread;
}

json_t *pair_of(NiceCandidate *local, NiceCandidate *remote)
{
    return json_pack("{s:o, s:o}", "local", candidate_text(local), "remote", candidate_text(remote));
}
