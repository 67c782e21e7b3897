import Groq from 'groq-sdk';

// groq-sdk adds /openai/v1 itself.
const client = new Groq({
  baseURL: `${process.env['OFFPEAK_URL'] ?? 'http://127.0.0.1:8787'}/groq`,
  apiKey: process.env['OFFPEAK_KEY'] ?? 'none',
});

for (let index = 1; index <= 6; index += 1) {
  const { data, response } = await client.chat.completions
    .create({
      model: 'sim-8b',
      service_tier: 'auto',
      max_tokens: 16,
      messages: [{ role: 'user', content: `Label ticket ${index}.` }],
    })
    .withResponse();
  const left = response.headers.get('x-ratelimit-remaining-requests');
  console.log(`request ${index}: served as ${data.service_tier ?? 'unknown'}, ${left} requests left in that tier`);
}
