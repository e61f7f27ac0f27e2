using System.Net;
using System.Text;
using EventCluster.Faults.Servers;

namespace EventCluster.Faults.Crashes;

/// <summary>
/// What was asked of one stream and what was acknowledged. What was asked and never answered may have happened or not.
/// </summary>
internal sealed class ScriptedStream(string name, bool isJson)
{
    private readonly List<(string Event, bool IsAcknowledged)> _events = [];

    public string Name => name;

    public bool IsJson => isJson;

    public bool? Exists { get; private set; }

    /// <summary>Events before this one are gone for certain.</summary>
    public int TrimmedTo { get; private set; }

    /// <summary>Events before this one may be gone.</summary>
    public int MayBeTrimmedTo { get; private set; }

    private bool IsDeleteAsked { get; set; }

    public void Created(bool isAcknowledged) => Exists = isAcknowledged ? true : Exists;

    public void Appended(string text, bool isAcknowledged) => _events.Add((text, isAcknowledged));

    public void Trimmed(int to, bool isAcknowledged) =>
        (TrimmedTo, MayBeTrimmedTo) = (isAcknowledged ? to : TrimmedTo, to);

    public void Deleted(bool isAcknowledged) => (Exists, IsDeleteAsked) = (isAcknowledged ? false : Exists, true);

    /// <summary>As a body.</summary>
    public static byte[] Encode(bool isJson, params ReadOnlySpan<string> events)
    {
        var text = new StringBuilder();
        foreach (var one in events)
        {
            text.Append(isJson ? (text.Length == 0 ? "[" : ",") : "").Append(isJson ? $"\"{one}\"" : one + ";");
        }

        return Encoding.UTF8.GetBytes(text.Append(isJson ? "]" : "").ToString());
    }

    /// <summary>What is wrong with what is served, or null.</summary>
    public string? FindFault(StreamAnswers answers)
    {
        if (answers.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return Exists == true && !IsDeleteAsked ? $"'{name}' is lost" : null;
        }

        if (answers.Status != HttpStatusCode.OK)
        {
            return $"'{name}' is answered {(int)answers.Status}: {Encoding.UTF8.GetString(answers.Body)}";
        }

        if (Exists == false)
        {
            return $"'{name}' is there, and its delete was acknowledged";
        }

        var text = Encoding.UTF8.GetString(answers.Body);
        string[] seen = isJson
            ? text.Trim('[', ']').Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(one => one.Trim('"')).ToArray()
            : text.Split(';', StringSplitOptions.RemoveEmptyEntries);
        return Compare(seen);
    }

    private string? Compare(string[] seen)
    {
        var at = 0;
        for (var i = 0; i < _events.Count; i++)
        {
            if (at < seen.Length && seen[at] == _events[i].Event)
            {
                at++;
                if (i < TrimmedTo)
                {
                    return $"'{name}' serves event '{_events[i].Event}', and its trim was acknowledged";
                }
            }
            else if (_events[i].IsAcknowledged && i >= MayBeTrimmedTo)
            {
                return $"'{name}' lacks event '{_events[i].Event}' at its place; it serves {string.Join(' ', seen)}";
            }
        }

        return at == seen.Length ? null : $"'{name}' serves '{seen[at]}' though nobody sent it there, or twice: {string.Join(' ', seen)}";
    }
}
